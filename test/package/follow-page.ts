import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { copyNative, root, run, versionOf } from './fixture-app.js'
import type { Environment, Tarball } from './fixture-app.js'

/** What a page tells its reader to do next: to write a file, or to run commands that say certain lines. */
export type Step =
  | { readonly at: string; readonly file: string; readonly text: string }
  | { readonly at: string; readonly commands: readonly string[]; readonly says: readonly string[] }

/**
 * The code of a page as a list of things to do. Files begin with their name: `// src/main.ts`. What follows commands as
 * `text` are lines of their output.
 */
export async function stepsOf(page: string): Promise<Step[]> {
  const text = await readFile(join(root, page), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: kind, 2: code, index }) => ({
    at: `${page}:${text.slice(0, index).split('\n').length}`,
    kind: kind!,
    code: code!,
  }))
  return blocks.flatMap(({ at, kind, code }, index): Step[] => {
    if (kind === 'text') return []
    if (kind !== 'sh') return [{ at, file: nameOf(at, code), text: code }]
    const next = blocks[index + 1]
    return [{ at, commands: linesOf(code), says: next?.kind === 'text' ? linesOf(next.code) : [] }]
  })
}

function nameOf(at: string, code: string): string {
  const file = /^\/\/ (?<file>[\w/.-]+)\n/.exec(code)?.groups?.['file']
  if (file === undefined) throw new Error(`${at}: the block's first line has to be '// path/of/its/file'`)
  return file
}

function linesOf(code: string): string[] {
  return code.split('\n').filter((line) => line !== '')
}

/** Does what a page says, beginning in an empty folder; packages are those that the repository is tested with. */
export class Reader {
  constructor(
    private folder: string,
    private readonly tarball: Tarball,
    private readonly environment: Environment = {},
  ) {}

  /** Throws if a command fails; gives what the last one of the step said. */
  async follow(step: Step): Promise<string> {
    if ('commands' in step) {
      let said = ''
      for (const command of step.commands) said = await this.run(command)
      return said
    }
    const file = join(this.folder, step.file)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, step.text)
    return ''
  }

  private async run(command: string): Promise<string> {
    const [program, ...parameters] = command.split(' ')
    if (program === 'cd') {
      this.folder = join(this.folder, parameters[0]!)
      return ''
    }
    if (program === 'npx') {
      // What npx would find, without npx looking for it each time.
      const [tool, ...rest] = parameters
      return run(this.folder, join(this.folder, 'node_modules/.bin', tool!), rest, this.environment)
    }
    if (program !== 'npm' || parameters[0] !== 'install')
      return run(this.folder, program!, parameters, this.environment)
    const wanted = await Promise.all(parameters.slice(1).map((parameter) => this.tested(parameter)))
    const quietly = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
    const said = await run(this.folder, 'npm', ['install', ...quietly, ...wanted])
    await copyNative(this.folder)
    return said
  }

  private async tested(parameter: string): Promise<string> {
    const name = parameter.replace(/(?<=.)@.*$/, '')
    if (name === 'typeorm-sourced') return this.tarball.file
    return name.startsWith('-') ? name : `${name}@${await versionOf(name)}`
  }
}

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { copyNative, root, run, start, versionOf } from './fixture-app.js'
import type { Environment, Program, Tarball } from './fixture-app.js'

/** What a page tells its reader to do next: to write a file, or to run commands that say certain lines. */
export type Step =
  | { readonly at: string; readonly file: string; readonly text: string }
  | { readonly at: string; readonly commands: readonly string[]; readonly says: readonly string[] }

/**
 * The code of a page's section as a list of things to do. Files begin with their name: `// src/main.ts`. What follows commands
 * as `text` are lines of their output.
 */
export async function stepsOf(page: string, section: string): Promise<Step[]> {
  const text = await readFile(join(root, page), 'utf8')
  const begin = text.indexOf(`\n## ${section}\n`)
  if (begin === -1) throw new Error(`${page} has no section '${section}'`)
  const end = text.indexOf('\n## ', begin + 1)
  const code = text.slice(begin, end === -1 ? text.length : end).matchAll(/^```(\w+)\n(.*?)^```$/gms)
  const blocks = [...code].map(({ 1: kind, 2: code, index }) => ({
    at: `${page}:${text.slice(0, begin + index).split('\n').length}`,
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

/**
 * Does what a page says, beginning in an empty folder; packages are those that the repository is tested with, unless the page
 * wants another major version.
 */
export class Reader {
  private server: { readonly program: Program; readonly url: string } | undefined

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

  /** Ends what the page has left running. */
  async leave(): Promise<void> {
    await this.server?.program.end()
    this.server = undefined
  }

  private async run(command: string): Promise<string> {
    const [program, ...parameters] = wordsOf(command)
    if (program === 'cd') {
      this.folder = join(this.folder, parameters[0]!)
      return ''
    }
    if (parameters.at(-1) === '&') return this.serve(program!, parameters.slice(0, -1))
    if (command === 'kill %1') return this.leave().then(() => '')
    if (program === 'curl') return this.request(parameters)
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

  /** Starts a server on a port that is free, and waits until it has said where it is. */
  private async serve(command: string, parameters: readonly string[]): Promise<string> {
    const program = start(this.folder, command, parameters, { ...this.environment, PORT: '0' })
    const { said, found } = await program.says(/http:\/\/\S+:\d+/)
    this.server = { program, url: found }
    return said
  }

  /** What curl does, which not everybody who runs the tests has. */
  private async request(parameters: readonly string[]): Promise<string> {
    const server = this.server
    if (server === undefined) throw new Error('Nothing is running that could answer.')
    const [, method = 'GET'] = optionOf(parameters, '-X')
    const [, header] = optionOf(parameters, '-H')
    const [, body] = optionOf(parameters, '-d')
    const headers = new Headers({ connection: 'close' })
    if (header !== undefined) headers.set(...(header.split(': ') as [string, string]))
    const url = parameters.at(-1)!.replace('localhost:3000', server.url)
    const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
    return response.text()
  }

  private async tested(parameter: string): Promise<string> {
    const [, name, asked] = /^(@?[^@]+)(?:@(\d+))?$/.exec(parameter) as unknown as [string, string, string?]
    if (name === 'typeorm-sourced') return this.tarball.file
    if (name.startsWith('-')) return name
    const version = await versionOf(name)
    return asked === undefined || version.startsWith(`${asked}.`) ? `${name}@${version}` : parameter
  }
}

/** An option of a command and what it is set to; empty if it is not given. */
function optionOf(parameters: readonly string[], option: string): readonly string[] {
  const at = parameters.indexOf(option)
  return at === -1 ? [] : parameters.slice(at, at + 2)
}

/** The words of a command; single quotes hold some together. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!)
}

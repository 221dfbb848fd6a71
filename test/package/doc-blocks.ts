import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './fixture-app.js'

/** A program shown in the documentation. */
export interface DocBlock {
  /** Where it stands, for messages: `README.md:20`. */
  readonly at: string
  /** Its file's name: its first line is `// bank.ts`. */
  readonly file: string
  readonly code: string
  /** What it prints, as the comments after its console.log() say, in their order. */
  readonly printed: readonly string[]
}

/** `nest`: a program that needs `@nestjs/*` beside what every program of the documentation needs. */
export type BlockKind = 'plain' | 'nest'

/**
 * The TypeScript blocks of one document and kind. Every block is a whole file that its first line names; blocks of one document
 * import one another under these names, and each is compiled and run.
 */
export async function blocksOf(document: string, kind: BlockKind = 'plain'): Promise<DocBlock[]> {
  const text = await readFile(join(root, document), 'utf8')
  const kindOf = (code: string): BlockKind =>
    document === 'docs/nestjs.md' || code.includes('typeorm-sourced/nestjs') ? 'nest' : 'plain'
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code, index }) => {
    const at = `${document}:${text.slice(0, index).split('\n').length}`
    const file = /^\/\/ (?<file>[\w-]+\.ts)\n/.exec(code!)?.groups?.['file']
    if (file === undefined) throw new Error(`${at}: the block's first line has to be '// its-file-name.ts'`)
    const printed = [...code!.matchAll(/^\s*console\.log\(.*\) \/\/ (.+)$/gm)].map(({ 1: line }) => line!)
    return { at, file, code: code!, printed }
  })
  return blocks.filter(({ code }) => kindOf(code) === kind)
}

/** As much of what a program has to print as its output contains in this order: all of it, if it did. */
export function printedOf(output: string, printed: readonly string[]): string[] {
  const found: string[] = []
  for (const line of output.split('\n')) if (line === printed[found.length]) found.push(line)
  return found
}

/** Followed from its first line to its last, by a test of its own. */
const FOLLOWED = 'getting-started.md'

/** Every document that shows code; the guarantees show none. */
export async function documents(): Promise<string[]> {
  const pages = (await readdir(join(root, 'docs'))).filter(
    (page) => page.endsWith('.md') && page !== FOLLOWED,
  )
  return ['README.md', ...pages.sort().map((page) => `docs/${page}`)]
}

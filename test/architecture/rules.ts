import { isBuiltin } from 'node:module'
import { basename } from 'node:path'
import { importsOf, stringsOf } from './source-files.js'
import type { Files, Import } from './source-files.js'

/** One step of the staircase: what lives there and what it may import. A path with `/` at its end is a folder. */
export interface Step {
  readonly path: string
  /** Other steps, folders or files. Its own folder is always allowed. */
  readonly mayImport: readonly string[]
  /** What it may import as types only. */
  readonly mayImportTypes?: readonly string[]
  /** Packages that it may use at run time; `node` stands for those that come with Node.js. */
  readonly packages?: readonly string[]
  /** Packages that it may use as types. */
  readonly typesOfPackages?: readonly string[]
}

/** Files whose imports the steps do not allow. The most specific step of a file counts. */
export function forbiddenImports(files: Files, steps: readonly Step[]): string[] {
  const problems: string[] = []
  for (const [path, text] of files) {
    const step = stepOf(path, steps)
    if (step === undefined) {
      problems.push(`${path} belongs to no step`)
      continue
    }
    for (const found of importsOf(path, text)) {
      if (!isAllowed(step, found, files)) problems.push(`${path} must not import ${describe(found)}`)
    }
  }
  return problems
}

function stepOf(path: string, steps: readonly Step[]): Step | undefined {
  return steps
    .filter((step) => isWithin(path, step.path))
    .sort((one, other) => other.path.length - one.path.length)[0]
}

function isAllowed(step: Step, { target, relative, typeOnly }: Import, files: Files): boolean {
  if (!relative) {
    const packages = [...(step.packages ?? []), ...(typeOnly ? (step.typesOfPackages ?? []) : [])]
    return packages.includes(isBuiltin(target) ? 'node' : target)
  }
  if (!files.has(target)) return false
  const home = step.path.endsWith('/') ? [step.path] : []
  return [...home, ...step.mayImport, ...(typeOnly ? (step.mayImportTypes ?? []) : [])].some((allowed) =>
    isWithin(target, allowed),
  )
}

function describe({ target, typeOnly }: Import): string {
  return typeOnly ? `the types of ${target}` : target
}

/** `a/*` stands for the files directly in the folder `a`. */
function isWithin(path: string, place: string): boolean {
  if (place.endsWith('/*')) return path.slice(0, path.lastIndexOf('/') + 1) === place.slice(0, -1)
  return place.endsWith('/') ? path.startsWith(place) : path === place
}

const SQL =
  /\b(select|insert\s+(or\s+\w+\s+)?into|update\s+\S+\s+(as\s+\S+\s+)?set|delete\s+from|(create|drop|alter)\s+(unique\s+)?(table|index|trigger|function|schema|sequence|view)|truncate\s+table|pragma\s+\w+|begin\s+(immediate|transaction)|(release\s+)?savepoint\s+\w+)\b/i

/** Files outside of `allowed` with a SQL statement in a string. */
export function strayStatements(files: Files, allowed: readonly string[]): string[] {
  const problems: string[] = []
  for (const [path, text] of files) {
    if (allowed.some((place) => isWithin(path, place))) continue
    for (const string of stringsOf(path, text)) {
      if (SQL.test(string)) problems.push(`${path} contains SQL: ${string.trim().slice(0, 60)}`)
    }
  }
  return problems
}

/** Files and folders whose names say nothing about what is in them. */
export function emptyNames(files: Files): string[] {
  return [...files.keys()].filter((path) =>
    path.split('/').some((part) => /^(utils?|helpers?|common|misc|shared|lib)$/i.test(basename(part, '.ts'))),
  )
}

export function tooLong(files: Files, limit: number): string[] {
  return [...files]
    .map(([path, text]) => [path, text.replace(/\n$/, '').split('\n').length] as const)
    .filter(([, lines]) => lines > limit)
    .map(([path, lines]) => `${path} has ${lines} lines, at most ${limit} are allowed`)
}

/** Files that import each other in a circle, as `a → b → a`. */
export function importCycles(files: Files, { types }: { readonly types: boolean }): string[] {
  const graph = new Map(
    [...files].map(([path, text]) => [
      path,
      importsOf(path, text)
        .filter(({ relative, typeOnly }) => relative && (types || !typeOnly))
        .map(({ target }) => target),
    ]),
  )
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (path: string, above: readonly string[]): void => {
    const at = above.indexOf(path)
    if (at >= 0) cycles.push([...above.slice(at), path].join(' → '))
    if (at >= 0 || done.has(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...above, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return cycles
}

import { printable } from './git/text.js'
import type { CommitTotals, Totals } from './totals.js'

const ROWS = 10
const WIDEST_NAME = 60

/** The ledger's numbers as tables: the busiest files, contributors and days. */
export function report({ commits, files, contributors, days }: Totals): string {
  return [
    `${counted(commits, 'commit')} by ${counted(contributors.size, 'contributor')} in ${counted(files.size, 'file')}`,
    table(
      ['Busiest files', 'changes', '+', '-'],
      firstOf(files).map(([path, { changes, added, removed }]) => [path, changes, added, removed]),
    ),
    commitTable('Busiest contributors', contributors),
    commitTable('Busiest days', days),
  ].join('\n\n')
}

function commitTable(title: string, totals: ReadonlyMap<string, CommitTotals>): string {
  const rows = firstOf(totals).map(
    ([name, { commits, added, removed }]) => [name, commits, added, removed] as const,
  )
  return table([title, 'commits', '+', '-'], rows)
}

/** The totals come busiest first. */
function firstOf<T>(totals: ReadonlyMap<string, T>): [string, T][] {
  return [...totals].slice(0, ROWS)
}

function table(heading: readonly string[], rows: readonly (readonly [string, ...number[]])[]): string {
  const cells = [
    heading,
    ...rows.map(([name, ...numbers]) => [shortened(printable(name)), ...numbers.map(String)]),
  ]
  const widths = heading.map((_, column) =>
    Math.max(...cells.map((row) => Array.from(row[column] ?? '').length)),
  )
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => padded(cell, widths[column] ?? 0, column > 0)).join('  ')
  return [
    line(cells[0]!),
    widths.map((width) => '─'.repeat(width)).join('  '),
    ...cells.slice(1).map(line),
  ].join('\n')
}

function padded(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(width - Array.from(cell).length)
  return right ? space + cell : cell + space
}

/** Leaves out the middle: the ends of a path or of a name and email say more. */
function shortened(name: string): string {
  const characters = Array.from(name)
  if (characters.length <= WIDEST_NAME) return name
  const half = (WIDEST_NAME - 2) / 2
  return `${characters.slice(0, half).join('')} … ${characters.slice(1 - half).join('')}`
}

/** `1 commit`, `2 commits`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

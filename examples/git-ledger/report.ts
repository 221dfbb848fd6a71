import { printable } from './git/text.js'
import type { Totals } from './totals.js'

const ROWS = 10
const WIDEST_NAME = 60

/** The ledger's numbers as tables: the busiest files and contributors. */
export function report({ files, contributors }: Totals): string {
  const commits = [...contributors.values()].reduce((sum, contributor) => sum + contributor.commits, 0)
  const busiestFiles = [...files]
    .sort(([a, x], [b, y]) => y.changes - x.changes || (a < b ? -1 : 1))
    .slice(0, ROWS)
  const busiestContributors = [...contributors]
    .sort(([a, x], [b, y]) => y.commits - x.commits || (a < b ? -1 : 1))
    .slice(0, ROWS)
  return [
    `${counted(commits, 'commit')} by ${counted(contributors.size, 'contributor')} in ${counted(files.size, 'file')}`,
    table(
      ['Busiest files', 'changes', '+', '-'],
      busiestFiles.map(([path, { changes, added, removed }]) => [path, changes, added, removed]),
    ),
    table(
      ['Busiest contributors', 'commits', '+', '-'],
      busiestContributors.map(([author, { commits, added, removed }]) => [author, commits, added, removed]),
    ),
  ].join('\n\n')
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

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

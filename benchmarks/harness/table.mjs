/** A table for the terminal: the first column to the left, figures to the right, `prose` to the left. */
export function asText({ columns, rows, prose = false }) {
  const widths = columns.map((title, nth) => Math.max(title.length, ...rows.map((row) => row[nth].length)))
  return [columns, ...rows]
    .map((row) =>
      `  ${row.map((cell, nth) => pad(cell, widths[nth], prose || nth === 0)).join('  ')}`.trimEnd(),
    )
    .join('\n')
}

export function asMarkdown({ columns, rows, prose = false }) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = columns.map((_, nth) => (prose || nth === 0 ? '---' : '--:'))
  return [line(columns), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

export function whole(number) {
  return Math.round(number).toLocaleString('en')
}

/** A ratio or a few milliseconds: as many digits as mean something. */
export function figure(number) {
  if (number === undefined) return '–'
  return number >= 100 ? whole(number) : number.toFixed(2)
}

function pad(cell, width, left) {
  return left ? cell.padEnd(width) : cell.padStart(width)
}

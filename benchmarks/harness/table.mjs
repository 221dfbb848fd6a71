/** A table for the terminal: the first column to the left, figures to the right. */
export function asText({ columns, rows }) {
  const widths = columns.map((title, nth) => Math.max(title.length, ...rows.map((row) => row[nth].length)))
  return [columns, ...rows]
    .map((row) => `  ${row.map((cell, nth) => pad(cell, widths[nth], nth)).join('  ')}`.trimEnd())
    .join('\n')
}

export function asMarkdown({ columns, rows }) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = columns.map((_, nth) => (nth === 0 ? '---' : '--:'))
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

function pad(cell, width, nth) {
  return nth === 0 ? cell.padEnd(width) : cell.padStart(width)
}

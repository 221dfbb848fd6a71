import { OURS } from '../contenders/names.mjs'
import { whole } from './table.mjs'

const WIDTH = 860
const LABELS = 250
const FIGURES = 90
const BARS = WIDTH - LABELS - FIGURES
const ROW = 24
const HEAD = 44
const MARGIN = 16

/** Rates of an operation as horizontal bars, ours in a colour of its own; one group below the other. */
export function drawChart(groups, machine) {
  let y = MARGIN
  const parts = []
  for (const [title, rates] of groups) {
    parts.push(groupOf(title, rates, y))
    y += HEAD + rates.length * ROW + MARGIN
  }
  const footer = machine.slice(0, 2).map((line, nth) => text('note', MARGIN, y + 12 + nth * 17, line))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 42}" width="${WIDTH}" role="img" aria-label="${escape(describe(groups))}">
<style>${STYLE}</style>
<rect class="ground" width="100%" height="100%" rx="8"/>
${parts.join('\n')}
${footer.join('\n')}
</svg>
`
}

/** Colours that are readable on a light page and, where the reader prefers one, on a dark page. */
const STYLE = `
text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.figure { font-variant-numeric: tabular-nums; }
.ours { font-weight: 600; }
.note { font-size: 11px; fill: #59636e; }
.ground { fill: #ffffff; }
.bar { fill: #afb8c1; }
.bar.ours { fill: #0969da; }
.axis { stroke: #d1d9e0; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .note { fill: #9198a1; }
  .ground { fill: #0d1117; }
  .bar { fill: #545d68; }
  .bar.ours { fill: #4493f8; }
  .axis { stroke: #3d444d; }
}
`

function groupOf(title, rates, top) {
  const most = Math.max(...rates.map(({ rate }) => rate))
  const sorted = [...rates].sort((a, b) => b.rate - a.rate)
  const rows = sorted.map(({ name, rate }, nth) => {
    const y = top + HEAD + nth * ROW
    const length = Math.max(1, Math.round((rate / most) * BARS))
    const ours = name === OURS ? ' ours' : ''
    return [
      text(`label${ours}`, LABELS - 10, y + 16, name, 'end'),
      `<rect class="bar${ours}" x="${LABELS}" y="${y + 3}" width="${length}" height="${ROW - 6}" rx="2"/>`,
      text(`figure${ours}`, LABELS + length + 8, y + 16, whole(rate)),
    ].join('\n')
  })
  const bottom = top + HEAD + rates.length * ROW
  return [
    text('title', MARGIN, top + 20, title),
    ...rows,
    `<line class="axis" x1="${LABELS}" y1="${top + HEAD - 4}" x2="${LABELS}" y2="${bottom}"/>`,
  ].join('\n')
}

function describe(groups) {
  return [...groups]
    .map(
      ([title, rates]) => `${title}: ${rates.map(({ name, rate }) => `${name} ${whole(rate)}`).join(', ')}`,
    )
    .join('. ')
}

function text(style, x, y, content, anchor) {
  const end = anchor === undefined ? '' : ` text-anchor="${anchor}"`
  return `<text class="${style}" x="${x}" y="${y}"${end}>${escape(content)}</text>`
}

function escape(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

import type { WriteStream } from 'node:tty'

const BAR_WIDTH = 20
const REDRAW_MS = 100
const LINE_MS = 5_000

/** Shows how far the work is, how fast it goes and how long it will take: a bar on a terminal, else a line now and then. */
export class Progress {
  private first: { readonly done: number; readonly total: number; readonly at: number } | undefined
  private shownAt = -Infinity
  private shown = ''
  private latest = ''
  private open = false

  constructor(
    private readonly output: Pick<WriteStream, 'write'> & {
      readonly isTTY?: boolean
      readonly columns?: number
    },
  ) {}

  /** Call it after each piece of work. */
  update(done: number, total: number): void {
    const now = performance.now()
    // Measured from the first piece on: until it is done, most of the time is spent on beginning.
    const beginning = this.first?.total !== total
    if (this.first === undefined || beginning) this.first = { done, total, at: now }
    const seconds = (now - this.first.at) / 1_000
    this.latest = describe(done, total, seconds > 0 ? (done - this.first.done) / seconds : 0)
    const pause = this.output.isTTY === true ? REDRAW_MS : LINE_MS
    if (beginning || now - this.shownAt >= pause) this.show()
  }

  /** Shows the last state and leaves the line. */
  end(): void {
    if (this.latest !== this.shown) this.show()
    if (this.open) this.output.write('\n')
    this.open = false
  }

  private show(): void {
    this.shownAt = performance.now()
    this.shown = this.latest
    if (this.output.isTTY !== true) {
      this.output.write(`${this.latest}\n`)
      return
    }
    this.open = true
    this.output.write(`\r\u001b[2K${this.latest.slice(0, (this.output.columns ?? 80) - 1)}`)
  }
}

function describe(done: number, total: number, rate: number): string {
  const share = total === 0 ? 1 : done / total
  const filled = Math.round(share * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  const speed = rate > 0 ? `, ${Math.round(rate)}/s` : ''
  const left = rate > 0 && done < total ? `, ${duration((total - done) / rate)} left` : ''
  return `${bar} ${Math.floor(share * 100)} %  ${done} of ${total} commits${speed}${left}`
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`
}

import { writeFile } from 'node:fs/promises'
import { drawChart } from './chart.mjs'
import { asMarkdown, asText, figure } from './table.mjs'
import { verdict } from './targets.mjs'

/** Prints what was measured as it comes, and writes all of it at the end. */
export class Report {
  #machine = []
  #parts = []
  #targets = []
  #bars = new Map()
  #guarantees = new Map()
  #skips = []

  machine(lines) {
    this.#machine = lines
    console.log(lines.join('\n'))
  }

  guarantees(kind, { name, guarantees }) {
    this.#guarantees.set(kind === 'sqlite' ? `${name} (SQLite)` : name, guarantees)
  }

  skip(name, reason) {
    const line = `${name} is left out: ${reason}.`
    if (this.#skips.includes(line)) return
    this.#skips.push(line)
    console.log(`\n${line}`)
  }

  database(label) {
    this.#parts.push(`## ${label}`)
    console.log(`\n== ${label} ==`)
  }

  /** One table with its targets. */
  section(operation, { title, table, targets = [], notes = [], bars }) {
    console.log(`\n${operation.name}: ${title}\n${asText(table)}`)
    for (const note of notes) console.log(`  ${note}`)
    for (const target of targets) console.log(`  ${lineOf(target)}`)
    this.#parts.push(`### \`${operation.name}\`: ${title.trim()}`, asMarkdown(table), ...notes)
    this.#targets.push(...targets.map((target) => ({ ...target, operation })))
    if (bars !== undefined) this.#bars.set(bars.group, bars.rates)
  }

  /** Prints all targets once more. */
  end(seconds) {
    console.log('\nWhat each of them guarantees')
    console.log(asText({ columns: ['', ''], rows: [...this.#guarantees], prose: true }))
    console.log(`\nTargets (${seconds} seconds in all)`)
    for (const target of this.#targets)
      console.log(`  ${target.operation.label}, ${target.operation.name}: ${lineOf(target)}`)
  }

  async write({ report, chart }, command) {
    await writeFile(report, this.#markdown(command))
    if (this.#bars.size > 0) await writeFile(chart, drawChart(this.#bars, this.#machine))
    console.log(`\nWritten to ${fileName(report)}${this.#bars.size > 0 ? ` and ${fileName(chart)}` : ''}`)
  }

  #markdown(command) {
    const parts = [
      '# Benchmark report',
      `Written by \`${command}\`; [what is measured and how](README.md).`,
      this.#machine.map((line) => `- ${line}`).join('\n'),
      ...(this.#skips.length === 0 ? [] : [this.#skips.join('\n\n')]),
      '## Targets',
      asMarkdown({
        columns: ['', 'target', 'measured', ''],
        rows: this.#targets.map(({ operation, text, value, met }) => [
          `${operation.label}, \`${operation.name}\``,
          text,
          figure(value),
          verdict(met),
        ]),
        prose: true,
      }),
      ...this.#parts,
      '## What each of them guarantees',
      asMarkdown({ columns: ['contender', 'guarantees'], rows: [...this.#guarantees], prose: true }),
    ]
    return `${parts.join('\n\n')}\n`
  }
}

function lineOf({ text, value, met }) {
  return `${verdict(met).padEnd(14)} ${text}: ${figure(value)}`
}

function fileName(file) {
  return file instanceof URL ? file.pathname : file
}

import type { EncodedEvent } from '../../model/stored.js'
import type { OwnColumns } from '../own-columns.js'
import { ownDefinitions, ownLabels, ownRecord } from './own-columns.js'

/*
 * Many rows travel by column: the server reads some arrays in little more than the time that COPY takes, and an array
 * of objects in half as much again, and they cost the client half.
 */

/** SQL for a `rows from`: columns of text, each from a JSON parameter, from the number `first`. */
export function textColumns(count: number, first: number): string {
  return Array.from(
    { length: count },
    (_, column) => `json_array_elements_text($${first + column}::json)`,
  ).join(', ')
}

/** A JSON parameter for such a column. */
export function columnOf<Item>(items: readonly Item[], valueOf: (item: Item) => unknown): string {
  return JSON.stringify(items.map(valueOf))
}

/** The same for values that are JSON text already. */
function jsonColumnOf<Item>(items: readonly Item[], textOf: (item: Item) => string): string {
  return `[${items.map(textOf).join(',')}]`
}

/** The same for what `eventColumnParameters` gives; payloads keep their text, because only JSON can hold `\u0000`. */
export function eventColumnsFrom(own: OwnColumns, first: number): string {
  const definitions = ownDefinitions(own).slice(2)
  const hosts = definitions === '' ? '' : `, json_to_recordset($${first + 6}::json) as (${definitions})`
  return `${textColumns(5, first)}, json_array_elements($${first + 5}::json)${hosts}`
}

/** Their names. */
export function eventLabels(own: OwnColumns): string {
  return `name, version, codec, codec_version, metadata, payload${ownLabels(own)}`
}

/** Their parameters. */
export function eventColumnParameters(events: readonly EncodedEvent[], own: OwnColumns): string[] {
  return [
    columnOf(events, ({ name }) => name),
    columnOf(events, ({ version }) => version),
    columnOf(events, ({ payload }) => payload.codec),
    columnOf(events, ({ payload }) => payload.codecVersion),
    jsonColumnOf(events, ({ metadata }) => metadata),
    jsonColumnOf(events, ({ payload }) => payload.text),
    ...(own.filled.length === 0 ? [] : [jsonColumnOf(events, (event) => ownRecord(own, event.own ?? []))]),
  ]
}

import { NO_OWN_COLUMNS, ownNames, ownReplaced, ownSelected } from '../../src/sql/own-columns.js'
import type { OwnColumn, OwnColumns } from '../../src/sql/own-columns.js'
import * as postgres from '../../src/sql/postgres/own-columns.js'
import * as sqlite from '../../src/sql/sqlite/own-columns.js'
import type { EventTable } from '../../src/sql/tables.js'

const column = (label: string, name: string, type: string, more: Partial<OwnColumn> = {}): OwnColumn => ({
  label,
  name,
  type,
  nullable: true,
  form: 'value',
  ...more,
})

const tenant = column('own_1', '"tenant_id"', 'pg_catalog."varchar"', { nullable: false })
const detail = column('own_2', '"detail"', 'pg_catalog."json"', { form: 'json' })
const digest = column('own_3', '"digest"', 'pg_catalog.bytea', { form: 'bytes' })
const computed = column('own_4', '"upper"', 'pg_catalog.text')
const own: OwnColumns = {
  filled: [tenant, detail, digest],
  read: [tenant, detail, digest, computed],
  decode: () => ({}),
}
const events = {
  ...{ table: '"events"', aggregateType: '"type"', aggregateId: '"id"', sequence: '"sequence"' },
  own,
} as EventTable

describe('2.6 the columns of a host', () => {
  it('add nothing to any statement if there are none', () => {
    const none = NO_OWN_COLUMNS
    const texts = [
      ownNames(none),
      ownReplaced(none),
      ownSelected(none, 'e'),
      postgres.ownParameters(none, 11),
      postgres.ownDefinitions(none),
      postgres.ownLabels(none),
      postgres.ownValues(none, 'event'),
      postgres.ownValuesOrLast({ ...events, own: none }, 'event', 'stream'),
      postgres.ownMembers(none, []),
      postgres.ownConditions(none, [], 'e', 4).text,
      sqlite.ownMembers(none, 'new.value', 8),
      sqlite.ownConditions(none, [], 'e').text,
    ]
    expect(texts.join('')).toBe('')
    expect(none.decode({ a: 1 })).toBeUndefined()
  })

  it('are named, read and replaced', () => {
    expect(ownNames(own)).toBe(', "tenant_id", "detail", "digest"')
    expect(ownSelected(own, 'e')).toBe(
      ', e."tenant_id" as own_1, e."detail" as own_2, e."digest" as own_3, e."upper" as own_4',
    )
    expect(ownReplaced({ ...own, filled: [tenant] })).toBe(', "tenant_id" = excluded."tenant_id"')
  })

  it('are parameters or members of a record on Postgres', () => {
    expect(postgres.ownParameters(own, 11)).toBe(
      ', $11::pg_catalog."varchar", $12::pg_catalog."json", $13::pg_catalog.bytea',
    )
    expect(postgres.ownDefinitions({ ...own, filled: [tenant] })).toBe(', own_1 pg_catalog."varchar"')
    expect(postgres.ownLabels(own)).toBe(', own_1, own_2, own_3')
    expect(postgres.ownValues(own, 'event')).toBe(', event.own_1, event.own_2, event.own_3')
    expect(postgres.ownMembers(own, ['a"', '{"b":1}', null])).toBe(
      ',"own_1":"a\\"","own_2":{"b":1},"own_3":null',
    )
  })

  it('of a placeholder are those of the last event where one is needed', () => {
    const text = postgres.ownValuesOrLast(
      { ...events, own: { ...own, filled: [tenant, detail] } },
      'event',
      'stream',
    )
    expect(text).toBe(`, case when event.own_1 is null and event.name = '$checked' then (
    select l."tenant_id" from "events" l
    where l."type" = stream.type and l."id" = stream.id and l."sequence" = stream.version
  )
    else event.own_1 end, event.own_2`)
  })

  it('are members of an array on SQLite', () => {
    expect(sqlite.ownMembers(own, 'new.value', 8)).toBe(
      ', new.value ->> 8, new.value ->> 9, unhex(new.value ->> 10)',
    )
  })

  it('are compared with a value, null, or a list', () => {
    const filters = [
      { label: 'own_1', values: 'a' },
      { label: 'own_2', values: null },
      { label: 'own_4', values: ['x', null] },
      { label: 'own_4', values: ['y'] },
    ]
    expect(postgres.ownConditions(own, filters, 'e', 4)).toEqual({
      text:
        ' and e."tenant_id" = $4::pg_catalog."varchar" and e."detail" is null' +
        ' and (e."upper" = any($5::pg_catalog.text[]) or e."upper" is null) and e."upper" = any($6::pg_catalog.text[])',
      parameters: ['a', ['x'], ['y']],
    })
    expect(sqlite.ownConditions(own, filters, 'e')).toEqual({
      text:
        ' and e."tenant_id" = ? and e."detail" is null' +
        ' and (e."upper" in (select value from json_each(?)) or e."upper" is null)' +
        ' and e."upper" in (select value from json_each(?))',
      parameters: ['a', '["x",null]', '["y"]'],
    })
  })
})

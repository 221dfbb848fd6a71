import { decodeInspectedTable } from '../inspected-table.js'
import type { InspectedTable } from '../inspected-table.js'
import type { Statement } from '../statement.js'

/** What a table looks like. `table` is a quoted path, `positionColumn` a quoted name. */
export function inspectTable(table: string, positionColumn: string): Statement<InspectedTable> {
  return {
    operation: 'inspect schema',
    text: `with t as (select to_regclass($1) as id)
select (t.id is not null)::int as found,
  (select json_agg(a.attname)::text from pg_attribute a where a.attrelid = t.id and a.attnum > 0 and not a.attisdropped)
    as columns,
  (select json_object_agg(a.attname, format('%I.%I', s.nspname, y.typname))::text from pg_attribute a
    join pg_type y on y.oid = a.atttypid join pg_namespace s on s.oid = y.typnamespace
    where a.attrelid = t.id and a.attnum > 0 and not a.attisdropped) as types,
  (select json_agg(json_build_object('name', n.relname, 'columns', (
      select json_agg(a.attname) from unnest(i.indkey::int2[]) as k(number)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
    )))::text from pg_index i join pg_class n on n.oid = i.indexrelid where i.indrelid = t.id and i.indisunique and i.indisvalid and i.indpred is null)
    as unique_keys,
  (select json_agg(g.tgname)::text from pg_trigger g where g.tgrelid = t.id and not g.tgisinternal and g.tgenabled <> 'D')
    as triggers,
  (select s.seqrelid::regclass::text from pg_attribute a
    join pg_depend d on d.refobjid = t.id and d.refobjsubid = a.attnum and d.classid = 'pg_class'::regclass
    join pg_sequence s on s.seqrelid = d.objid
    where a.attrelid = t.id and a.attname = trim(both '"' from $2) limit 1) as position_sequence
from t`,
    parameters: [table, positionColumn],
    decode: ([row]) => decodeInspectedTable(row),
  }
}

import { decodeInspectedTable } from '../inspected-table.js'
import type { InspectedTable } from '../inspected-table.js'
import type { Statement } from '../statement.js'

/**
 * What a table looks like. `table` is a quoted path, `positionColumn` a quoted name. A deferrable key is no unique
 * index here: it would be checked too late for the writer that loses. A trigger that fires on replicas only counts
 * as disabled.
 */
export function inspectTable(table: string, positionColumn: string): Statement<InspectedTable> {
  return {
    operation: 'inspect schema',
    text: `with t as (select to_regclass($1) as id), numbering as (
  select s.seqrelid::regclass::text as sequence from t
  join pg_depend d on d.refobjid = t.id and d.classid = 'pg_class'::regclass
  join pg_attribute a on a.attrelid = t.id and a.attnum = d.refobjsubid
  join pg_sequence s on s.seqrelid = d.objid
  where a.attname = $2 limit 1
)
select (t.id is not null)::int as found,
  (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'castType', format('%I.%I', s.nspname, y.typname), 'nullable', not a.attnotnull, 'filled', a.atthasdef or a.attidentity <> ''))::text
    from pg_attribute a join pg_type y on y.oid = a.atttypid join pg_namespace s on s.oid = y.typnamespace
    where a.attrelid = t.id and a.attnum > 0 and not a.attisdropped) as columns,
  (select json_agg(json_build_object('name', n.relname, 'unique', i.indisunique and i.indimmediate,
      'partial', i.indpred is not null, 'columns', (
        select json_agg(coalesce(a.attname, '') order by k.nth) from unnest(i.indkey::int2[]) with ordinality as k(number, nth)
        left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number and k.number > 0 where k.nth <= i.indnkeyatts
      )))::text from pg_index i join pg_class n on n.oid = i.indexrelid where i.indrelid = t.id and i.indisvalid) as indexes,
  (select json_agg(json_build_object('name', g.tgname, 'enabled', g.tgenabled in ('O', 'A')))::text
    from pg_trigger g where g.tgrelid = t.id and not g.tgisinternal) as triggers,
  (select count(*) from numbering)::int as position_numbered,
  (select sequence from numbering) as position_sequence
from t`,
    parameters: [table, positionColumn.slice(1, -1).replaceAll('""', '"')],
    decode: ([row]) => decodeInspectedTable(row),
  }
}

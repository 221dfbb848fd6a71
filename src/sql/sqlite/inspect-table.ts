import { decodeInspectedTable } from '../inspected-table.js'
import type { InspectedTable } from '../inspected-table.js'
import type { Statement } from '../statement.js'

/**
 * What a table looks like. `table` is a quoted name. Its integer primary key is a key without an index, and only
 * AUTOINCREMENT never gives the number of a deleted row again.
 */
export function inspectTable(table: string): Statement<InspectedTable> {
  const name = table.slice(1, -1).replaceAll('""', '"')
  return {
    operation: 'inspect schema',
    text: `with t(name) as (select ?)
select exists (select 1 from sqlite_master m where m.type = 'table' and m.name = t.name) as found,
  (select json_group_array(json_object('name', c.name, 'type', c.type, 'castType', '', 'nullable', c."notnull" = 0 and c.pk = 0,
    'filled', c.dflt_value is not null or c.hidden > 1 or c.pk > 0)) from pragma_table_xinfo(t.name) c) as columns,
  (select json_group_array(json_object('name', k.name, 'columns', json(k.columns), 'unique', k.is_unique, 'partial', k.partial)) from (
      select i.name, i."unique" as is_unique, i.partial, (
        select json_group_array(coalesce(n.name, ''))
        from (select * from pragma_index_info(i.name) order by seqno) n
      ) as columns
      from pragma_index_list(t.name) i
      union all
      select 'rowid', 1, 0, json_array(c.name) from pragma_table_info(t.name) c
      where c.pk = 1 and (select count(*) from pragma_table_info(t.name) p where p.pk > 0) = 1
    ) k) as indexes,
  (select json_group_array(json_object('name', m.name, 'enabled', 1)) from sqlite_master m where m.type = 'trigger' and m.tbl_name = t.name) as triggers,
  exists (select 1 from sqlite_master m where m.type = 'table' and m.name = t.name and m.sql like '%autoincrement%') as position_numbered
from t`,
    parameters: [name],
    decode: ([row]) => decodeInspectedTable(row),
  }
}

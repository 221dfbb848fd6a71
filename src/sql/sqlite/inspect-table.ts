import { decodeInspectedTable } from '../inspected-table.js'
import type { InspectedTable } from '../inspected-table.js'
import type { Statement } from '../statement.js'

/** What a table looks like. `table` is a quoted name. */
export function inspectTable(table: string): Statement<InspectedTable> {
  const name = table.slice(1, -1).replaceAll('""', '"')
  return {
    operation: 'inspect schema',
    text: `with t(name) as (select ?)
select exists (select 1 from sqlite_master m where m.type = 'table' and m.name = t.name) as found,
  (select json_group_array(c.name) from pragma_table_xinfo(t.name) c) as columns,
  (select json_group_array(json_object('name', k.name, 'columns', json(k.columns))) from (
      select i.name, (select json_group_array(n.name) from pragma_index_info(i.name) n) as columns
      from pragma_index_list(t.name) i where i."unique" = 1 and i.partial = 0
      union all
      select 'rowid', json_array(c.name) from pragma_table_info(t.name) c
      where c.pk = 1 and (select count(*) from pragma_table_info(t.name) p where p.pk > 0) = 1
    ) k) as unique_keys,
  (select json_group_array(m.name) from sqlite_master m where m.type = 'trigger' and m.tbl_name = t.name) as triggers
from t`,
    parameters: [name],
    decode: ([row]) => decodeInspectedTable(row),
  }
}

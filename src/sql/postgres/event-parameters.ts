import type { EncodedEvent } from '../../model/stored.js'
import type { OwnColumns } from '../own-columns.js'
import { ownMembers } from './own-columns.js'

/**
 * Events as two JSON parameters. Payloads travel apart from the rest because json_to_recordset decodes strings,
 * and a payload may contain `\u0000`, which Postgres can keep as JSON but not as text. `own`: the host's columns.
 */
export function eventParameters(
  events: readonly EncodedEvent[],
  own: OwnColumns,
  extra?: (index: number) => string,
): [string, string] {
  const rows = events.map(
    ({ name, version, payload, metadata, own: values = [] }, index) =>
      `{${extra === undefined ? '' : extra(index)}"name":${JSON.stringify(name)},"version":${version},` +
      `"codec":${JSON.stringify(payload.codec)},"codec_version":${payload.codecVersion},"metadata":${metadata}${ownMembers(own, values)}}`,
  )
  return [`[${rows.join(',')}]`, `[${events.map(({ payload }) => payload.text).join(',')}]`]
}

import type { EncodedEvent } from '../../model/stored.js'

/**
 * Events as two JSON parameters. Payloads travel apart from the rest because json_to_recordset decodes strings,
 * and a payload may contain `\u0000`, which Postgres can keep as JSON but not as text.
 */
export function eventParameters(
  events: readonly EncodedEvent[],
  extra?: (index: number) => string,
): [string, string] {
  const rows = events.map(
    ({ name, version, payload, metadata }, index) =>
      `{${extra === undefined ? '' : extra(index)}"name":${JSON.stringify(name)},"version":${version},` +
      `"codec":${JSON.stringify(payload.codec)},"codec_version":${payload.codecVersion},"metadata":${metadata}}`,
  )
  return [`[${rows.join(',')}]`, `[${events.map(({ payload }) => payload.text).join(',')}]`]
}

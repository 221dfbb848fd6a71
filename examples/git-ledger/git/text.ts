import { isUtf8 } from 'node:buffer'

/**
 * The bytes of a path or a name as text. Different bytes give different texts: what is not UTF-8 becomes the
 * quoted form in which git prints such names (`"caf\351"`), and so does whatever already begins like one.
 */
export function textOf(bytes: Buffer): string {
  return isUtf8(bytes) && bytes[0] !== QUOTE
    ? bytes.toString('utf8')
    : `"${[...bytes].map(escaped).join('')}"`
}

/** A text without characters that would disturb the terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0)!
    return NAMED[code] ?? `\\u{${code.toString(16)}}`
  })
}

/** Control characters, and those that are invisible or change the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

const QUOTE = 0x22
const NAMED: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\' }

function escaped(byte: number): string {
  if (NAMED[byte] !== undefined) return NAMED[byte]
  return byte < 0x20 || byte > 0x7e ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)
}

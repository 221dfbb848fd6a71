import type { BuiltCommit } from './test-repository.js'
import { utf8 } from './test-repository.js'

const lines = (count: number, word = 'line'): string =>
  Array.from({ length: count }, (_, index) => `${word} ${index}\n`).join('')

const BINARY = '\0\u0001\u0002binary'
const LONG = `deep/${'a long folder name/'.repeat(20)}file.txt`

/** Paths that are hard to print, to split or to store. */
export const UNUSUAL_PATHS = [
  'with space.txt',
  ' ',
  '   ',
  'tab\there',
  'new\nline',
  'carriage\rreturn',
  'escape\u001b[31m',
  '-dash',
  '"quoted"',
  "it's",
  'back\\slash',
  'a => b',
  '{a => b}/c',
  ':100644 100644 abc def M',
  'commit 0123456789',
  'by Somebody <else@example.com>',
  '1\t1\tnumstat',
  'percent%00',
  '$dollar',
  utf8('ünïcödé.txt'),
  utf8('u\u0308decomposed.txt'),
  utf8('日本語/ファイル.txt'),
  utf8('🦀.rs'),
  'caf\xe9.txt',
  '"caf\\351.txt"',
  '\xff\xfe',
  LONG,
  `${LONG}2`,
  utf8('ß'.repeat(120)),
  utf8(`${'語'.repeat(80)}/${'語'.repeat(80)}/${'語'.repeat(80)}/end`),
]

const unusual = (content: (path: string) => string | null): Record<string, string | null> =>
  Object.fromEntries(UNUSUAL_PATHS.map((path) => [path, content(path)]))

/** A history with everything that can happen to a file, and every kind of author. Numbers are places in the list. */
export const EVENTFUL_HISTORY: readonly BuiltCommit[] = [
  { files: { a: lines(20, 'a'), b: lines(30, 'b'), 'src/c.ts': lines(10), empty: '', bin: BINARY } },
  { author: 'Ann <ann@home.example>', files: unusual((path) => lines(3, path.length.toString())) },
  { author: utf8('Bjørn Ålesund <bjorn@example.com>'), files: { a: lines(20, 'b'), b: lines(30, 'a') } },
  // A swap of names, and a rotation.
  { files: { a: lines(30, 'a'), b: lines(20, 'b') } },
  { author: 'ann <ANN@example.com>', files: { bin: `${BINARY}more`, b: ['100755', lines(20, 'b')] } },
  { author: ' <nameless@example.com>', files: { 'src/c.ts': null, 'lib/c.ts': `${lines(10)}and more\n` } },
  { author: 'J\xe9r\xf4me <jerome@example.com>', encoding: 'ISO-8859-1', files: { latin: lines(1) } },
  { author: 'J\xe9r\xf4me <jerome@example.com>', files: { latin: lines(2) } },
  {
    author: '"Quoted" <q@example.com>',
    files: unusual((path) => `${lines(3, path.length.toString())}more\n`),
  },
  { author: utf8('O\'Neil, "Pat" <pat o@example.com>') },
  // Two branches from here (10): both add the same file, both delete one, both rename another.
  { files: { both: lines(5), doomed: lines(5), moved: lines(40, 'm') } },
  {
    parents: [10],
    author: 'Left <l@example.com>',
    files: { new: lines(4, 'l'), doomed: null, moved: null, left: lines(40, 'm') },
  },
  {
    parents: [10],
    author: 'Right <r@example.com>',
    files: { new: lines(6, 'r'), doomed: null, moved: null, right: lines(40, 'm') },
  },
  { parents: [11], author: 'Left <l@example.com>', files: { both: lines(7, 'l') } },
  { parents: [12], author: 'Right <r@example.com>', files: { both: lines(9, 'r') } },
  // Criss-cross: each merges the other, one of them with a change and a file of its own.
  {
    parents: [13, 14],
    author: 'Left <l@example.com>',
    files: { new: lines(8), evil: lines(3), right: null },
  },
  { parents: [14, 13], author: 'Right <r@example.com>', files: { left: null } },
  { parents: [15], files: { evil: lines(4) } },
  { parents: [16], author: 'Right <r@example.com>', files: { right: `${lines(40, 'm')}!\n` } },
  { parents: [17, 18, 16], author: 'Merger <m@example.com>' },
  { files: { evil: null, doomed: lines(2, 'again'), 'renamed evil': lines(4) } },
  // A file becomes a link, a link a file, a file a folder; a submodule comes, moves on and goes.
  { files: { a: ['120000', 'b'], link: ['120000', 'a'], sub: ['160000', '1'.repeat(40)] } },
  { files: { a: lines(30, 'a'), link: lines(2), sub: ['160000', '2'.repeat(40)] } },
  { files: { a: null, 'a/inner': lines(30, 'a'), sub: null } },
  // Renamed onto a path that existed before, with a change; and several identical files renamed at once.
  {
    files: {
      'lib/c.ts': null,
      'src/c.ts': `${lines(10)}and more\nand more\n`,
      same1: lines(9, 's'),
      same2: lines(9, 's'),
    },
  },
  { files: { same1: null, same2: null, same3: lines(9, 's'), same4: lines(9, 's'), same5: lines(9, 's') } },
  {
    files: {
      bin: null,
      'moved bin': `${BINARY}more`,
      empty: null,
      'moved empty': '',
      noeol: 'no newline at the end',
    },
  },
  {
    author: 'Other Root <root@example.com>',
    parents: [],
    files: { 'other/a': lines(2), b: lines(3, 'other') },
  },
  {
    parents: [26, 27],
    author: 'Merger <m@example.com>',
    files: { 'other/a': lines(2), b: lines(4, 'merged') },
  },
  { files: unusual(() => null) },
  { files: { [utf8('ünïcödé.txt')]: lines(3, 'back'), ' ': lines(1), [LONG]: lines(2) } },
]

import { spawnSync } from 'node:child_process'
import { EVENTFUL_HISTORY, UNUSUAL_PATHS } from './testing/eventful-history.js'
import { gitLineSums, gitNumbers } from './testing/git-numbers.js'
import { ledgerNumbers, TestLedger } from './testing/test-ledger.js'
import type { Kind } from './testing/test-ledger.js'
import { TestRepository, utf8 } from './testing/test-repository.js'

describe.each<Kind>(['sqlite', 'postgres'])('the ledger on %s', (kind) => {
  let repository: TestRepository
  let ledger: TestLedger

  beforeEach(async () => {
    repository = new TestRepository()
    ledger = await TestLedger.create(kind)
  })
  afterEach(async () => {
    repository.remove()
    await ledger.remove()
  })

  /** Imports what is new, and compares every number with git's and every row with the events. */
  async function expectAgreement(directory = repository.directory): Promise<void> {
    const { totals } = await ledger.import(directory)
    expect(ledgerNumbers(totals)).toEqual(gitNumbers(directory))
    const { stored, replayed } = await ledger.rows(directory)
    expect(stored).toEqual(replayed)
    const files = [...totals.files.values()]
    const sum = (field: 'added' | 'removed'): number => files.reduce((all, file) => all + file[field], 0)
    expect({ added: sum('added'), removed: sum('removed') }).toEqual(gitLineSums(directory))
  }

  test('equals git on a history with everything in it', async () => {
    repository.build(EVENTFUL_HISTORY)
    await expectAgreement()
    const { files } = gitNumbers(repository.directory)
    // The comparison would prove little if git had nothing to say about them.
    expect(Object.keys(files).length).toBeGreaterThan(UNUSUAL_PATHS.length + 20)
    expect(repository.git('log', '--numstat', '--format=')).toContain('=>')
  })

  test('picks up what is committed, branched and merged later', async () => {
    repository.build(EVENTFUL_HISTORY.slice(0, 10))
    await ledger.import(repository.directory)
    const imported = repository.git('rev-parse', 'main').trim()
    // A branch that began before what was imported: sorted in, its commits come first.
    const parent = repository.git('rev-parse', `${imported}~8`).trim()
    repository.build([{ author: 'Late <late@example.com>', files: { a: 'late\n', late: 'late\n' } }], parent)
    const late = repository.git('rev-parse', 'main').trim()
    const merge = repository
      .git('commit-tree', '-p', imported, '-p', late, '-m', 'merge', 'main^{tree}')
      .trim()
    repository.git('update-ref', 'refs/heads/main', merge)
    expect(repository.git('rev-list', '--topo-order', '--reverse', 'main').split('\n')[2]).not.toBe(imported)
    await expectAgreement()
    repository.build([{ files: { a: 'later\n' } }], merge)
    await expectAgreement()
  })

  test('equals git on a shallow clone', async () => {
    repository.build(EVENTFUL_HISTORY)
    const clone = new TestRepository()
    try {
      clone.git('fetch', '--quiet', '--depth=5', `file://${repository.directory}`, 'main')
      clone.git('update-ref', 'refs/heads/main', 'FETCH_HEAD')
      await expectAgreement(clone.directory)
    } finally {
      clone.remove()
    }
  })

  test('follows a .mailmap that changes after the import', async () => {
    repository.write('a', 'one\n')
    repository.commit('one')
    await expectAgreement()
    repository.write('.mailmap', 'Proper Name <proper@example.com> <AUTHOR@example.com>\n')
    repository.commit('two')
    await expectAgreement()
    expect(Object.keys(gitNumbers(repository.directory).commits)).toEqual([
      'Proper Name <proper@example.com>',
    ])
  })

  test('counts a commit on the day that its author had', async () => {
    const times = ['1700000000 +1400', '1700000000 -1200', '0 +0000', '951782400 +0000', '99999999999 +0000']
    repository.build(
      times.map((authored, index) => ({ authored, files: { [`${index % 2}`]: `${index}\n` } })),
    )
    await expectAgreement()
    const { totals } = await ledger.import(repository.directory)
    expect([...totals.days.keys()].sort()).toEqual([
      '1970-01-01',
      '2000-02-29',
      '2023-11-14',
      '2023-11-15',
      '5138-11-16',
    ])
  })

  test('keeps the ledgers of two repositories in one database apart', async () => {
    const other = new TestRepository()
    try {
      repository.build(EVENTFUL_HISTORY.slice(0, 5))
      other.build([{ files: { a: 'other\n' } }, { files: { a: null } }])
      await expectAgreement()
      await expectAgreement(other.directory)
      await expectAgreement()
    } finally {
      other.remove()
    }
  })

  test('refuses a rewritten history, and begins anew if asked to', async () => {
    repository.build(EVENTFUL_HISTORY.slice(0, 4))
    await ledger.import(repository.directory)
    repository.build([{ files: { a: 'rewritten\n' } }])
    await expect(ledger.import(repository.directory)).rejects.toThrow(/begin a new ledger with --fresh/)
    const { totals } = await ledger.import(repository.directory, { fresh: true })
    expect(ledgerNumbers(totals)).toEqual(gitNumbers(repository.directory))
    await expectAgreement()
  })

  test('keeps the path and what happened to it as events', async () => {
    repository.build([
      { files: { [utf8('ä "b"')]: 'x\n' } },
      { files: { [utf8('ä "b"')]: null, '\xe9': 'x\n' } },
    ])
    await ledger.import(repository.directory)
    const events = (await ledger.events(repository.directory)).filter((event) => event.includes('git-file'))
    expect(events.map((event) => (JSON.parse(event) as unknown[]).slice(3, 5))).toEqual([
      ['file-added', { path: 'ä "b"', added: 1, removed: 0, binary: false }],
      ['file-renamed-to', { path: 'ä "b"', to: '"\\351"' }],
      ['file-renamed-from', { path: '"\\351"', from: 'ä "b"', added: 0, removed: 0, binary: false }],
    ])
  })
})

test('a configuration that changes what git prints does not change the ledger', async () => {
  const [repository, plain, configured] = [
    new TestRepository(),
    await TestLedger.create('sqlite'),
    await TestLedger.create('sqlite'),
  ]
  try {
    repository.build(EVENTFUL_HISTORY)
    await plain.import(repository.directory)
    const settings = [
      'diff.renames=false',
      'diff.algorithm=patience',
      'diff.relative=true',
      'log.showRoot=false',
      'color.ui=always',
    ]
    const others = [
      'diff.noprefix=true',
      'i18n.logOutputEncoding=UTF-16',
      'log.diffMerges=first-parent',
      'log.showSignature=true',
    ]
    for (const setting of [...settings, ...others])
      repository.git('config', ...(setting.split('=') as [string, string]))
    await configured.import(repository.directory)
    expect(await configured.events(repository.directory)).toEqual(await plain.events(repository.directory))
  } finally {
    repository.remove()
    await Promise.all([plain.remove(), configured.remove()])
  }
})

test('equals git on the repository that it stands in', async () => {
  const { status, stdout } = spawnSync('git', ['-C', __dirname, 'rev-parse', '--show-toplevel', 'HEAD'], {
    encoding: 'utf8',
  })
  if (status !== 0) {
    console.warn('Not compared with the repository it stands in: these files are in none.')
    return
  }
  const ledger = await TestLedger.create('sqlite')
  try {
    const directory = stdout.split('\n')[0]!
    expect(ledgerNumbers((await ledger.import(directory)).totals)).toEqual(gitNumbers(directory))
  } finally {
    await ledger.remove()
  }
})

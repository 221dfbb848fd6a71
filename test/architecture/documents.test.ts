import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const root = join(__dirname, '../..')

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'benchmarks/README.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((page) => page.endsWith('.md'))
    .map((page) => `docs/${page}`),
  ...readdirSync(join(root, 'examples')).map((example) => `examples/${example}/README.md`),
]

/** A page without its code, where brackets mean something else. */
const proseOf = (page: string): string =>
  readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```$|`[^`\n]*`(?!\])/gms, '')

/** What the headings of a page are called in links. */
const anchorsOf = (page: string): string[] =>
  [
    ...readFileSync(join(root, page), 'utf8')
      .replaceAll(/^```.*?^```$/gms, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

test.each(pages)('the links of %s lead somewhere', (page) => {
  const links = [...proseOf(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link]) => link!)
  const broken = links.filter((link) => {
    const [path, anchor] = link.split('#') as [string, string?]
    const target = path === '' ? page : normalize(join(dirname(page), path))
    return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor))
  })
  expect(broken).toEqual([])
})

test('the README names every page of the documentation, once', () => {
  const table = readFileSync(join(root, 'README.md'), 'utf8').split('\n## More\n')[1]!.split('\n## ')[0]!
  const named = [...table.matchAll(/\]\((docs\/[\w-]+\.md)\)/g)].map(([, page]) => page!)
  expect(named.sort()).toEqual(pages.filter((page) => page.startsWith('docs/')).sort())
})

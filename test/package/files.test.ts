import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pages } from '../docs/blocks.js'
import { type InstalledPackage, installPackage, readEntries, root } from './pack.js'

let installed: InstalledPackage

beforeAll(async () => {
  installed = await installPackage()
}, 120_000)

afterAll(() => installed[Symbol.asyncDispose]())

const read = (path: string): Promise<string> =>
  readFile(join(installed.folder, 'node_modules/sluice', path), 'utf8')

/** The files that a file imports. */
async function importsOf(path: string): Promise<string[]> {
  const specifiers = (await read(path)).matchAll(/(?:from |import |import\()\s*"(\.[^"]+)"/g)
  const quoted = (await read(path)).matchAll(/(?:from |import |import\()\s*'(\.[^']+)'/g)
  return [...specifiers, ...quoted].map(([, specifier = '']) => join(dirname(path), specifier))
}

/** All files that these lead to. @param step - the files that one file leads to */
async function reachedFrom(
  first: string[],
  step: (path: string) => Promise<string[]>,
): Promise<Set<string>> {
  const reached = new Set<string>()
  const queue = first.map((path) => normalize(path))
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    queue.push(...(await step(path)))
  }
  return reached
}

async function entryFiles(): Promise<string[]> {
  return Object.values(await readEntries()).map((entry) => entry.default)
}

const codeFiles = (): string[] => installed.files.filter((path) => path.endsWith('.js'))

test('the tarball holds one file of code and one of declarations for each source file', async () => {
  const sources = await readdir(join(root, 'src'), { recursive: true })
  const modules = sources.filter((path) => /\.tsx?$/.test(path))
  expect(modules.length).toBeGreaterThan(100)
  const built = modules.flatMap((path) => {
    const name = join('dist', path.replace(/\.tsx?$/, ''))
    return [`${name}.js`, `${name}.d.ts`]
  })
  const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'llms.txt', 'package.json']
  const docs = pages.filter((page) => /^docs\/(?!site\/)/.test(page))
  expect(installed.files.toSorted()).toEqual([...papers, ...docs, ...built].toSorted())
})

test('llms.txt in the tarball leads to every page of the documentation, and to nothing else', async () => {
  const targets = [...(await read('llms.txt')).matchAll(/\]\(([^)]+)\)/g)].map(([, to = '']) => to)
  expect(targets.filter((target) => !installed.files.includes(target))).toEqual([])
  const docs = installed.files.filter((path) => path.startsWith('docs/'))
  expect(docs.length).toBeGreaterThan(20)
  expect(docs.filter((path) => !targets.includes(path))).toEqual([])
})

test('llms.txt names every entry of the package', async () => {
  const text = await read('llms.txt')
  const missing = Object.keys(await readEntries()).filter((name) => !text.includes(`\`${name}\``))
  expect(missing).toEqual([])
})

test('the code of the entries imports every file that holds code', async () => {
  const reached = await reachedFrom(await entryFiles(), importsOf)
  // A module of types alone has an empty file of code, which nothing imports.
  const dead: string[] = []
  for (const path of codeFiles()) {
    if (!reached.has(path) && (await read(path)).trim() !== '') dead.push(path)
  }
  expect(dead).toEqual([])
})

test('the code and the declarations of the entries together lead to every module', async () => {
  const reached = await reachedFrom(await entryFiles(), async (path) => [
    ...(await importsOf(path)),
    ...(await importsOf(path.replace(/\.js$/, '.d.ts'))),
  ])
  expect([...reached].toSorted()).toEqual(codeFiles().toSorted())
})

test('nothing in the package names a path of the machine that built it', async () => {
  for (const path of installed.files) expect(await read(path)).not.toContain(root)
})

test('every public function and class has its docstring in the declarations', async () => {
  const bare: string[] = []
  let documented = 0
  for (const { types } of Object.values(await readEntries())) {
    for (const [, names = '', from = ''] of (await read(types)).matchAll(
      /export (?:type )?\{([^}]*)\} from '([^']+)'/g,
    )) {
      const text = await read(join(dirname(types), from.replace(/\.js$/, '.d.ts')))
      for (const name of names.split(',').map((each) => each.replace(/type /, '').trim())) {
        const declared = new RegExp(`export (declare )?(class|function|const) ${name}\\b`)
        if (!declared.test(text)) continue
        if (new RegExp(`\\*/\\n${declared.source}`).test(text)) documented += 1
        else bare.push(`${from}: ${name}`)
      }
    }
  }
  expect([...new Set(bare)]).toEqual([])
  expect(documented).toBeGreaterThan(50)
})

test('the tarball stays small', () => {
  // On 2026-11-30: 600 kB and 2,024 kB. The documentation is 91 kB and 288 kB of it.
  expect(installed.packedBytes).toBeLessThan(620_000)
  expect(installed.unpackedBytes).toBeLessThan(2_100_000)
})

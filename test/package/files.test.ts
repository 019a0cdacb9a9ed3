import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InstalledPackage, installPackage, readPackageJson, root } from './pack.js'

let installed: InstalledPackage

beforeAll(async () => {
  installed = await installPackage()
}, 120_000)

afterAll(() => installed[Symbol.asyncDispose]())

const read = (path: string): Promise<string> =>
  readFile(join(installed.folder, 'node_modules/sluice', path), 'utf8')

const allowed =
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/[\w/-]+\.(js|cjs|js\.map|cjs\.map|d\.ts|d\.cts)|src\/[\w/-]+\.ts)$/

function filesEndingIn(...endings: string[]): string[] {
  return installed.files.filter((path) => endings.some((ending) => path.endsWith(ending)))
}

/** All files that the entries lead to, in one format. */
async function reachedFrom(entries: string[], extension: string): Promise<string[]> {
  const reached = new Set<string>()
  const queue = entries.map((path) => normalize(path))
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    const specifiers = (await read(path)).matchAll(
      /(?:from |import |import\(|require\()\s*['"](\.[^'"]+)['"]/g,
    )
    for (const [, specifier = ''] of specifiers) {
      const name = extension.startsWith('.d.') ? specifier.replace(/\.c?js$/, extension) : specifier
      queue.push(join(dirname(path), name))
    }
  }
  return [...reached].toSorted()
}

async function entriesOf(pick: (types: string, code: string) => string): Promise<string[]> {
  const { exports } = await readPackageJson()
  return Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [pick(entry.import.types, entry.import.default)],
  )
}

test('the package holds files of known kinds only, and no others', () => {
  expect(installed.files.filter((path) => !allowed.test(path))).toEqual([])
  for (const path of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE']) {
    expect(installed.files).toContain(path)
  }
})

test('the entries lead to every file of code, in both formats', async () => {
  const esm = await entriesOf((_types, code) => code)
  expect(await reachedFrom(esm, '.js')).toEqual(filesEndingIn('.js').toSorted())
  const cjs = esm.map((path) => path.replace(/\.js$/, '.cjs'))
  expect(await reachedFrom(cjs, '.cjs')).toEqual(filesEndingIn('.cjs').toSorted())
})

test('the entries lead to every declaration, in both formats', async () => {
  const esm = await entriesOf((types) => types)
  expect(await reachedFrom(esm, '.d.ts')).toEqual(filesEndingIn('.d.ts').toSorted())
  const cjs = esm.map((path) => path.replace(/\.ts$/, '.cts'))
  expect(await reachedFrom(cjs, '.d.cts')).toEqual(filesEndingIn('.d.cts').toSorted())
})

test('each file of code has a map that leads to source inside of the package', async () => {
  const maps = filesEndingIn('.map').toSorted()
  expect(maps).toEqual(
    filesEndingIn('.js', '.cjs')
      .map((path) => `${path}.map`)
      .toSorted(),
  )
  for (const path of maps) {
    expect(await read(path.replace(/\.map$/, ''))).toContain('//# sourceMappingURL=')
    const { sources } = JSON.parse(await read(path)) as { sources: string[] }
    const missing = sources.filter(
      (source) => !installed.files.includes(join(dirname(path), source)),
    )
    expect(missing).toEqual([])
  }
})

test('nothing in the package names a place of the machine that built it', async () => {
  for (const path of installed.files) expect(await read(path)).not.toContain(root)
})

test('each public function and class has its docstring in the declarations', async () => {
  const entries = await entriesOf((types) => types)
  const bare: string[] = []
  for (const entry of entries) {
    for (const [, names = '', from = ''] of (await read(normalize(entry))).matchAll(
      /export (?:type )?\{([^}]*)\} from '([^']+)'/g,
    )) {
      const text = await read(join('dist', from.replace(/\.js$/, '.d.ts')))
      for (const name of names.split(',').map((each) => each.replace(/type /, '').trim())) {
        const declared = new RegExp(`export (declare )?(class|function|const) ${name}\\b`)
        if (!declared.test(text)) continue
        const documented = new RegExp(`\\*/\\n${declared.source}`)
        if (!documented.test(text)) bare.push(`${from}: ${name}`)
      }
    }
  }
  expect([...new Set(bare)]).toEqual([])
})

test('the tarball stays small', () => {
  expect(installed.sizeBytes).toBeLessThan(800_000)
  expect(existsSync(join(installed.folder, 'node_modules/sluice/test'))).toBe(false)
})

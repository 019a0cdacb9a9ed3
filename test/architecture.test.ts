import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** The folders of the source, from the ground up. Those on one floor do not import each other. */
const floors = [
  ['base'],
  ['pull'],
  ['http'],
  ['attempt', 'node'],
  ['wires'],
  ['drivers', 'layers', 'loop'],
  ['core'],
  ['formats', 'carriers', 'partial-json', 'mcp'],
  ['client', 'otel', 'conversation', 'resumable'],
  ['stores', 'chat'],
  ['react', 'vue', 'svelte', 'solid'],
  ['testing'],
  ['entries'],
]

const source = fileURLToPath(new URL('../src/', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
)

interface Import {
  from: string
  to: string
}

const imports: Import[] = files.flatMap((from) =>
  importsOf(readFileSync(join(source, from), 'utf8'))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => {
      const path = normalize(join(dirname(from), specifier)).replace(/\.js$/, '.ts')
      return { from, to: relative('.', path) }
    }),
)

test('every relative import leads to a file of the source', () => {
  expect(imports.length).toBeGreaterThan(files.length)
  expect(imports.filter(({ to }) => !files.includes(to))).toEqual([])
})

test('every folder of the source has its floor', () => {
  expect(files.filter((file) => floorOf(file) === -1)).toEqual([])
})

test('imports go down a floor or stay in their folder, type-only imports included', () => {
  const wrong = imports.filter(
    ({ from, to }) => folderOf(from) !== folderOf(to) && floorOf(to) >= floorOf(from),
  )
  expect(wrong).toEqual([])
})

test('entries do not import each other', () => {
  const isEntry = (file: string): boolean => folderOf(file) === 'entries'
  expect(imports.filter(({ from, to }) => isEntry(from) && isEntry(to))).toEqual([])
})

test('the folders of the wires import only their own files and the tables of models', () => {
  const wire = (path: string): string | undefined => /^wires\/([^/]+)\//.exec(path)?.[1]
  const wrong = imports.filter(({ from, to }) => {
    const [here, there] = [wire(from), wire(to)]
    return here !== undefined && there !== undefined && there !== here && there !== 'models'
  })
  expect(wrong).toEqual([])
})

test('no import circle exists, type-only imports included', () => {
  const edges = Map.groupBy(imports, ({ from }) => from)
  const circles: string[][] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file])
    if (path.includes(file) || done.has(file)) return
    for (const { to } of edges.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test('no two files have names that differ only by plural', () => {
  const names = new Set(files.map((file) => basename(file, '.ts')))
  expect([...names].filter((name) => names.has(`${name}s`))).toEqual([])
})

test('no file uses export *, and entries hold named exports only', () => {
  const codes = files.map((file) => [file, readFileSync(join(source, file), 'utf8')] as const)
  expect(codes.filter(([, code]) => /^export \*/m.test(code)).map(([file]) => file)).toEqual([])
  const busy = codes.filter(([file, code]) => {
    const rest = code
      .replaceAll(/\/\*[^]*?\*\//g, '')
      // Frameworks that render on a server need it in the entry of a client component.
      .replace(/^'use client'$/m, '')
      .replaceAll(/export (type )?\{[^}]*\} from '[^']*'/g, '')
    return folderOf(file) === 'entries' && rest.trim() !== ''
  })
  expect(busy.map(([file]) => file)).toEqual([])
})

test('what both sides of the network use does not need p-retry', () => {
  const reached = new Set<string>()
  const queue = ['entries/client.ts']
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue
    reached.add(file)
    queue.push(...runtimeImportsOf(file))
  }
  const packages = [...reached].flatMap((file) =>
    importsOf(readFileSync(join(source, file), 'utf8')).filter((name) => !name.startsWith('.')),
  )
  expect([...new Set(packages)]).toEqual(['eventsource-parser'])
})

function importsOf(code: string): string[] {
  const atOnce = code.matchAll(/^(?:import|export)\s[^'"]*?from '([^']+)'/gm)
  const later = code.matchAll(/\bimport\('(\.[^']+)'\)/g)
  return [...atOnce, ...later].map(([, name = '']) => name)
}

function runtimeImportsOf(file: string): string[] {
  const code = readFileSync(join(source, file), 'utf8').replaceAll(
    /^(import|export) type [^'"]*?from '[^']+'/gm,
    '',
  )
  return importsOf(code)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name)).replace(/\.js$/, '.ts'))
}

function folderOf(file: string): string {
  return dirname(file).split('/')[0] ?? ''
}

function floorOf(file: string): number {
  return floors.findIndex((floor) => floor.includes(folderOf(file)))
}

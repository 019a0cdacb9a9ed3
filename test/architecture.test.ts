import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** The house, from the ground up. Folders on one floor stand side by side and do not know each other. */
const floors = [
  [
    'accumulate',
    'check',
    'errors',
    'format',
    'hooks',
    'json-schema',
    'json-text',
    'messages',
    'packages',
    'types',
    'usage',
  ],
  ['transport'],
  ['wires'],
  ['drivers', 'combinators'],
  ['core'],
  ['formats', 'carriers', 'projections'],
  ['client', 'otel', 'state'],
  ['react', 'testing'],
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

test('every folder and every file of the ground floor has its floor', () => {
  const rooms = new Set(files.filter((file) => !isEntry(file)).map(roomOf))
  expect([...rooms].filter((room) => floorOf(room) === -1)).toEqual([])
})

test('imports go down a floor, or stay in their folder', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (isEntry(from)) return isEntry(to)
    if (isEntry(to)) return true
    const [upper, lower] = [floorOf(roomOf(from)), floorOf(roomOf(to))]
    if (roomOf(from) === roomOf(to)) return false
    return lower >= upper && !(upper === 0 && lower === 0)
  })
  expect(wrong).toEqual([])
})

test('the folders of the wires do not know each other', () => {
  const wire = (path: string): string | undefined => /^wires\/([^/]+)\//.exec(path)?.[1]
  const wrong = imports.filter(({ from, to }) => {
    const [here, there] = [wire(from), wire(to)]
    return here !== undefined && there !== undefined && here !== there
  })
  expect(wrong).toEqual([])
})

test('no file imports itself by a detour', () => {
  // Types disappear at run time, and the ground floor's two files need each other's.
  const edges = new Map(files.map((file) => [file, runtimeImportsOf(file)]))
  const circles: string[][] = []
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file])
      return
    }
    for (const next of edges.get(file) ?? []) visit(next, [...path, file])
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test('nothing is exported wholesale, and entries hold named exports only', () => {
  const wholesale = files.filter((file) =>
    /^export \*/m.test(readFileSync(join(source, file), 'utf8')),
  )
  expect(wholesale).toEqual([])
  const busy = files
    .filter((file) => isEntry(file) && !isGround(file))
    .filter((file) => {
      const code = readFileSync(join(source, file), 'utf8')
        .replaceAll(/\/\*[^]*?\*\//g, '')
        // Where components of a server and of a page are kept apart, these are the page's.
        .replace(/^'use client'$/m, '')
      return code.replaceAll(/export (type )?\{[^}]*\} from '[^']*'/g, '').trim() !== ''
    })
  expect(busy).toEqual([])
})

test('what both sides of the network use does not need p-retry', () => {
  const reached = new Set<string>()
  const queue = ['client.ts']
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

function roomOf(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? ''
}

function floorOf(room: string): number {
  return floors.findIndex((floor) => floor.includes(room))
}

function isGround(file: string): boolean {
  return !file.includes('/') && floorOf(roomOf(file)) === 0
}

function isEntry(file: string): boolean {
  return !file.includes('/') && !isGround(file)
}

/**
 * What the package adds to a bundle, minified and compressed, held to the limits beside this file: `npm run build && npm run size`.
 * `npm run size -- --parts` also lists the modules behind the first row, in bytes before compression.
 *
 * What a bundler loads only when it is needed (a dynamic import) is not in the figure of the first load, and is shown beside it.
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'

interface Part {
  name: string
  /** The names that are taken, by entry; all of them where the list is empty. */
  imports: Record<string, string[]>
  /** The most it may be, in bytes. */
  limitBytes: number
}

interface Size {
  /** What is loaded at once, in bytes. */
  first: number
  /** What is loaded when it is needed, in bytes. */
  later: number
  metafile: Metafile
}

const root = fileURLToPath(new URL('../../', import.meta.url))

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}

export function readParts(): Part[] {
  return readJson('limits.json') as Part[]
}

const { exports, peerDependencies } = readJson('../../package.json') as {
  exports: Record<string, unknown>
  peerDependencies: Record<string, string>
}

/** Each entry that the package has. */
export function readEntries(): string[] {
  return Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => (path === '.' ? 'index' : path.slice(2)))
}

/** @param of - what is bundled: the build as users get it, or the source, whose modules have names */
export async function sizeOf(
  imports: Part['imports'],
  of: (entry: string) => string = (entry) => `./dist/${entry}.js`,
): Promise<Size> {
  const contents = Object.entries(imports)
    .map(([entry, names]) => {
      const taken = names.length === 0 ? '*' : `{ ${names.join(', ')} }`
      return `export ${taken} from '${of(entry)}'`
    })
    .join('\n')
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, sourcefile: 'entry.ts', loader: 'ts' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    external: ['node:*', ...Object.keys(peerDependencies)],
    write: false,
    metafile: true,
    logLevel: 'error',
    absWorkingDir: root,
    outdir: 'size',
  })
  const atOnce = loadedAtOnce(metafile)
  const size: Size = { first: 0, later: 0, metafile }
  for (const { path, contents: code } of outputFiles) {
    const name = path.slice(root.length)
    size[atOnce.has(name) ? 'first' : 'later'] += gzipSync(code, { level: 9 }).length
  }
  return size
}

/** The outputs that the entry leads to by static imports. */
function loadedAtOnce({ outputs }: Metafile): Set<string> {
  const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === 'entry.ts')
  const found = new Set<string>()
  const visit = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      if (kind === 'import-statement') visit(path)
    }
  }
  if (entry === undefined) throw new Error('The bundle has no entry.')
  visit(entry)
  return found
}

function listModules({ outputs }: Metafile): void {
  const bytes = new Map<string, number>()
  for (const { inputs } of Object.values(outputs)) {
    for (const [name, { bytesInOutput }] of Object.entries(inputs)) {
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput)
    }
  }
  for (const [name, size] of [...bytes].toSorted(([, one], [, other]) => other - one)) {
    if (size > 0) console.log(`${String(size).padStart(8)}  ${name}`)
  }
}

if (import.meta.main) {
  const parts = readParts()
  const named = new Set(parts.map(({ name }) => name))
  const missing = readEntries().filter((entry) => !named.has(entry))
  if (missing.length > 0) {
    console.error(`bench/footprint/limits.json has no limit for: ${missing.join(', ')}`)
    process.exitCode = 1
  }
  const [main] = parts
  if (process.argv.includes('--parts') && main !== undefined) {
    const { metafile } = await sizeOf(main.imports, (entry) => `./src/${entry}.ts`)
    listModules(metafile)
  }
  console.log('   bytes    limit    later')
  for (const { name, imports, limitBytes } of parts) {
    const { first, later } = await sizeOf(imports)
    const columns = [first, limitBytes, later].map((value) => String(value).padStart(8))
    const isOver = first > limitBytes
    console.log(`${columns.join(' ')}  ${name}${isOver ? '  IS OVER ITS LIMIT' : ''}`)
    if (isOver) process.exitCode = 1
  }
}

/**
 * Bundles the package with esbuild and compares its size, minified and compressed with gzip, with `limits.json`:
 * `npm run build && npm run size`. `npm run size -- --parts` also lists the modules of the first row, in bytes before
 * compression.
 *
 * A bundler that splits its output loads a dynamic import only when it runs. The first column is what loads at once, the
 * last one what may load later. The row "in one file" is for bundlers that do not split: it counts everything.
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'

interface Part {
  name: string
  /** Imported names by entry. An empty list imports all of them. */
  imports: Record<string, string[]>
  /** Whether dynamic imports are bundled into the one file. @default false */
  isOneFile?: boolean
  limitBytes: number
}

interface Size {
  /** Bytes that load at once. */
  first: number
  /** Bytes that load when they are needed. */
  later: number
  metafile: Metafile
}

const root = fileURLToPath(new URL('../../', import.meta.url))

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}

const { exports, peerDependencies } = readJson('../../package.json') as {
  exports: Record<string, unknown>
  peerDependencies: Record<string, string>
}

/** @throws Error if an entry of package.json has no limit, or a limit no entry */
export function readParts(): Part[] {
  const limits = readJson('limits.json') as { uses: Part[]; entries: Record<string, number> }
  const names = Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => (path === '.' ? 'index' : path.slice(2)))
  const unknown = Object.keys(limits.entries).filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    throw new Error(`limits.json has limits for entries that do not exist: ${unknown.join(', ')}.`)
  }
  const entries = names.map((name): Part => {
    const limitBytes = limits.entries[name]
    if (limitBytes === undefined) throw new Error(`limits.json has no limit for "${name}".`)
    return { name, imports: { [name]: [] }, limitBytes }
  })
  return [...limits.uses, ...entries]
}

/** @param from - the module of an entry: that of the build, or of the source, which `--parts` lists */
export async function sizeOf(
  { imports, isOneFile = false }: Pick<Part, 'imports' | 'isOneFile'>,
  from: (entry: string) => string = (entry) => `./dist/entries/${entry}.js`,
): Promise<Size> {
  const contents = Object.entries(imports)
    .map(([entry, names]) => {
      const taken = names.length === 0 ? '*' : `{ ${names.join(', ')} }`
      return `export ${taken} from '${from(entry)}'`
    })
    .join('\n')
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, sourcefile: 'entry.ts', loader: 'ts' },
    bundle: true,
    minify: true,
    splitting: !isOneFile,
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

/** The outputs that the entry reaches by static imports. */
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
  const [main] = parts
  if (process.argv.includes('--parts') && main !== undefined) {
    const { metafile } = await sizeOf(main, (entry) => `./src/entries/${entry}.ts`)
    listModules(metafile)
  }
  console.log('   bytes    limit    later')
  for (const part of parts) {
    const { first, later } = await sizeOf(part)
    const columns = [first, part.limitBytes, later].map((value) => String(value).padStart(8))
    const isOver = first > part.limitBytes
    console.log(`${columns.join(' ')}  ${part.name}${isOver ? '  EXCEEDS ITS LIMIT' : ''}`)
    if (isOver) process.exitCode = 1
  }
}

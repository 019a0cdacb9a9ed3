/**
 * The examples as a user finds them: by the folder, and with what their headers say.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../examples/', import.meta.url))

/** A line that begins with it builds anew. */
const build = 'npm run build && '

export interface ExampleHeader {
  /** Within the folder of the examples. */
  file: string
  /** The one line that runs it; undefined where the header gives none. */
  line: string | undefined
  /** What to ask it with once it runs, if it is a server. */
  curl: string | undefined
}

/**
 * All that run with what `npm ci` installs. A folder with a package.json of its own, and a line that builds anew and so takes the build
 * away from the other examples for a while, are started in `runtimes`. A folder with a `server.ts` is one example; in any other, each
 * file is one, but for those that others import.
 */
export function readHeaders(): ExampleHeader[] {
  return filesOf('')
    .map(readHeader)
    .filter(({ line }) => !line?.startsWith(build))
}

/** The folders of all others. */
export function foldersElsewhere(): string[] {
  const builds = (file: string): boolean => readHeader(file).line?.startsWith(build) === true
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => existsSync(join(root, name, 'package.json')) || filesOf(name).some(builds))
}

export function readHeader(file: string): ExampleHeader {
  const text = readFileSync(join(root, file), 'utf8')
  const header = /^\/\*\*[^]*?\*\//.exec(text)?.[0].replaceAll(/\s*\n \* ?/g, ' ') ?? ''
  const [, line] = /`(npm [^`]+)`/.exec(header) ?? []
  const [, curl] = /`(curl [^`]+)`/.exec(header) ?? []
  return { file, line, curl }
}

function filesOf(folder: string): string[] {
  const inside = (name: string): string => join(folder, name)
  if (existsSync(join(root, folder, 'package.json'))) return []
  if (existsSync(join(root, folder, 'server.ts'))) return [inside('server.ts')]
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  const scripts = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ name }) => inside(name))
  const imported = new Set(scripts.flatMap(importsOf))
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => inside(name))
  return [...scripts.filter((file) => !imported.has(basename(file))), ...folders.flatMap(filesOf)]
}

/** The files that this one imports from its own folder, or starts as a process. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const specifiers = [...text.matchAll(/(?:from '(?=\.)|new URL\(')([^']+)'/g)].map(
    ([, path = '']) => path,
  )
  return specifiers.filter((path) => dirname(path) === '.').map((path) => basename(path))
}

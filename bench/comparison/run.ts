/**
 * How libraries fare when something fails: `npm run build && npm --prefix bench ci && npm --prefix bench run comparison`. It writes the
 * tables of docs/comparison.md.
 */

import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { answers } from './answers.ts'
import { serversTable } from './servers.ts'
import { sizesTable } from './sizes.ts'

// Some libraries throw what they have also told, or log it.
process.on('unhandledRejection', () => {})
const { log } = console
for (const level of ['error', 'warn', 'info', 'log', 'dir', 'debug'] as const) {
  console[level] = () => {}
}

/** In a process of its own, because libraries reject promises that nobody has. */
async function loops(): Promise<string> {
  const path = fileURLToPath(new URL('../loops.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', path])
  return stdout.slice(stdout.indexOf('| ')).trim()
}

const { dependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { dependencies: Record<string, string> }
const { sluice: _ours, esbuild: _bundler, node: _node, zod: _schemas, ...versions } = dependencies
const measured = Object.entries(versions).map(([name, version]) => `${name} ${version}`)

/** By the heading above them. */
const tables: Record<string, string> = {
  'One answer': await answers(),
  'A turn with tools': await loops(),
  'A server and its reader': await serversTable(),
  Size: await sizesTable(),
}
const page = new URL('../../docs/comparison.md', import.meta.url)
let text = readFileSync(page, 'utf8')
function replace(pattern: RegExp, made: string): void {
  if (!pattern.test(text)) throw new Error(`docs/comparison.md has no place for ${pattern}.`)
  text = text.replace(pattern, (_all, before: string) => `${before}${made}\n`)
}
const today = new Date().toISOString().slice(0, 10)
const node = process.version.slice(1)
replace(/()^Tried on .*\n/m, `Tried on ${today} with Node ${node}: ${measured.join(', ')}.`)
for (const [heading, made] of Object.entries(tables)) {
  // All tables between this heading and the next one
  const section = `(^## ${heading}\\n(?:(?!\\||##).*\\n)*)`
  replace(new RegExp(`${section}(?:\\|.*\\n|\\n(?=\\|))+`, 'm'), made)
}
writeFileSync(page, text)
log('Written: docs/comparison.md')
process.exit(0)

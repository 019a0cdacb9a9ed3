/**
 * Runs the build scripts whose products are missing or older than their sources: `node scripts/fresh.ts build build:page`. So an example
 * starts at once where nothing has changed.
 */

import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** By their names in package.json. The product is what a build writes last. */
const builds: Record<string, { product: string; sources: readonly string[] }> = {
  build: {
    product: 'dist/entries/index.d.ts',
    sources: ['src', 'package.json', 'tsup.config.ts', 'tsconfig.build.json', 'scripts'],
  },
  'build:page': {
    product: 'examples/chat-server/page/dist/index.html',
    sources: ['examples/chat-server/page', 'dist/entries/index.d.ts'],
  },
}

process.chdir(new URL('..', import.meta.url).pathname)
for (const name of process.argv.slice(2)) {
  const build = builds[name]
  if (build === undefined) throw new Error(`There is no build "${name}".`)
  if (changedAt(build.product) > Math.max(...build.sources.map(newest))) continue
  execFileSync('npm', ['run', '--silent', name], { stdio: 'inherit' })
}

/** When this file, or anything in this folder but what was built, was changed last. */
function newest(path: string): number {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return changedAt(path)
  const inside = readdirSync(path).filter((name) => name !== 'dist')
  // The folder itself changes when a file is taken out of it.
  return Math.max(changedAt(path), ...inside.map((name) => newest(join(path, name))))
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/**
 * Runs the build scripts whose products are missing or older than their sources, so that examples and tests start at once if nothing
 * has changed: `node scripts/fresh.ts build build:page`. As a global setup of Vitest it runs all of them.
 */

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** By their names in package.json. The product is what a build writes last. */
const builds: Record<string, { product: string; sources: readonly string[] }> = {
  build: {
    product: 'dist/entries/index.d.ts',
    sources: ['src', 'package.json', 'tsup.config.ts', 'tsconfig.json', 'tsconfig.build.json'],
  },
  'build:page': {
    product: 'examples/chat-server/page/dist/index.html',
    sources: ['examples/chat-server/page', 'dist/entries/index.d.ts'],
  },
}

const root = fileURLToPath(new URL('..', import.meta.url))
const lock = join(root, 'node_modules/.fresh.lock')

export default function setup(): void {
  for (const name of Object.keys(builds)) freshen(name)
}

if (import.meta.main) for (const name of process.argv.slice(2)) freshen(name)

function freshen(name: string): void {
  if (isFresh(name)) return
  // Processes that start together would otherwise clean the folder that another one fills.
  while (!takeLock()) sleep(50)
  try {
    // Whoever held the lock may have built it.
    if (!isFresh(name)) run(name)
  } finally {
    rmSync(lock)
  }
}

function run(name: string): void {
  const product = join(root, buildOf(name).product)
  const startedAt = Date.now() / 1000
  // Vitest sets it to "test", with which Vite bundles the development build of React.
  const env = { ...process.env, NODE_ENV: undefined }
  try {
    execFileSync('npm', ['run', '--silent', name], { cwd: root, stdio: 'inherit', env })
  } catch (error) {
    // The compiler writes its files even if it finds an error.
    rmSync(product, { force: true })
    throw error
  }
  // A source that has changed meanwhile is newer.
  utimesSync(product, startedAt, startedAt)
}

function isFresh(name: string): boolean {
  const { product, sources } = buildOf(name)
  return (
    changedAt(join(root, product)) > Math.max(...sources.map((path) => newest(join(root, path))))
  )
}

function buildOf(name: string): (typeof builds)[string] {
  const known = builds[name]
  if (known === undefined) {
    throw new Error(`Unknown build "${name}". Known builds: ${Object.keys(builds).join(', ')}.`)
  }
  return known
}

/** @returns false while another process that is alive has the lock */
function takeLock(): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (isAbandoned()) rmSync(lock, { force: true })
    return false
  }
}

function isAbandoned(): boolean {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    // Between its creation and its first byte, the file is empty.
    if (pid > 0) process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** The last change to this file, or to anything in this folder but its products. */
function newest(path: string): number {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return changedAt(path)
  const inside = readdirSync(path).filter((name) => name !== 'dist')
  // The folder itself changes when a file is removed from it.
  return Math.max(changedAt(path), ...inside.map((name) => newest(join(path, name))))
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

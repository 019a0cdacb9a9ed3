import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const run = promisify(execFile)
const script = new URL('../../scripts/fresh.ts', import.meta.url)
let folder = ''

/** A build that notes each of its runs, and takes long enough for others to notice it. */
const build = `
  import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
  appendFileSync('runs', '.')
  await new Promise((resolve) => setTimeout(resolve, 200))
  mkdirSync('dist/entries', { recursive: true })
  writeFileSync('dist/entries/index.d.ts', '')
  if (process.env.BROKEN) process.exit(1)
`

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fresh-'))
  for (const name of ['scripts', 'src', 'node_modules']) await mkdir(join(folder, name))
  await copyFile(script, join(folder, 'scripts/fresh.ts'))
  await writeFile(join(folder, 'build.mjs'), build)
  const json = { type: 'module', scripts: { build: 'node build.mjs' } }
  await writeFile(join(folder, 'package.json'), JSON.stringify(json))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function fresh(environment: Record<string, string> = {}): Promise<unknown> {
  const env = { ...process.env, ...environment }
  return run(process.execPath, ['scripts/fresh.ts', 'build'], { cwd: folder, env })
}

const runs = async (): Promise<number> => (await readFile(join(folder, 'runs'), 'utf8')).length

test('a build runs once for processes that start together, and again after a change only', async () => {
  await Promise.all([fresh(), fresh(), fresh()])
  expect(await runs()).toBe(1)
  await fresh()
  expect(await runs()).toBe(1)
  await writeFile(join(folder, 'src/new.ts'), '')
  await fresh()
  expect(await runs()).toBe(2)
}, 30_000)

test('a build that fails is repeated, although it left its product', async () => {
  await expect(fresh({ BROKEN: 'yes' })).rejects.toThrow()
  await fresh()
  expect(await runs()).toBe(2)
}, 30_000)

test('a source that changes during the build is built again', async () => {
  const building = fresh()
  await expect.poll(() => runs().catch(() => 0), { timeout: 10_000 }).toBe(1)
  await writeFile(join(folder, 'src/new.ts'), '')
  await building
  await fresh()
  expect(await runs()).toBe(2)
}, 30_000)

test('the lock of a process that was killed does not block a build', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'close')
  const lock = join(folder, 'node_modules/.fresh.lock')
  await writeFile(lock, String(child.pid))
  await fresh()
  expect(await runs()).toBe(1)
}, 30_000)

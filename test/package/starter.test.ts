/**
 * The starters of the examples, as somebody has them who copied a folder: outside of the repository, with
 * the package as it is packed.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InstalledPackage, installPackage, root } from './pack.js'

const run = promisify(execFile)
const starter = join(root, 'examples/starters/hono-react')

interface Manifest {
  scripts: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}
let installed: InstalledPackage
let manifest: Manifest
let server: ChildProcess | undefined

beforeAll(async () => {
  installed = await installPackage()
  manifest = JSON.parse(await readFile(join(starter, 'package.json'), 'utf8')) as Manifest
  const { folder } = installed
  await cp(starter, folder, {
    recursive: true,
    // What its author has left in it, and the package.json, which would install everything again.
    filter: (path) => !/\/(node_modules|dist|package(-lock)?\.json)$/.test(path),
  })
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  await installed.link(...names.filter((name) => name !== 'sluice'))
  const own = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as object
  await installed.write('package.json', JSON.stringify({ ...own, type: 'module' }))
}, 120_000)

afterAll(async () => {
  server?.kill('SIGKILL')
  await installed[Symbol.asyncDispose]()
})

test('a starter needs the version of this package, and what is tested here', async () => {
  const { version, devDependencies } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as { version: string; devDependencies: Record<string, string> }
  const { sluice, ...others } = { ...manifest.dependencies, ...manifest.devDependencies }
  expect(sluice).toBe(`^${version}`)
  for (const [name, range] of Object.entries(others)) {
    expect(`${name} ${range}`).toBe(`${name} ${devDependencies[name]}`)
  }
})

test('a starter compiles, builds its page, and streams an answer without a key', async () => {
  const { folder } = installed
  const tool = (path: string): string => join(folder, 'node_modules', path)
  const options = { cwd: folder }
  expect(manifest.scripts.build).toBe('tsc && vite build')
  await run(process.execPath, [tool('typescript/bin/tsc')], options)
  await run(process.execPath, [tool('vite/bin/vite.js'), 'build'], options)

  expect(manifest.scripts.start).toMatch(/^node .*server\.ts$/)
  const environment = { ...process.env, OPENAI_API_KEY: '', PORT: '0' }
  const child = spawn(process.execPath, ['server.ts'], { ...options, env: environment })
  server = child
  const origin = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.stderr.on('data', (piece) => reject(new Error(String(piece))))
    child.stdout.on('data', (piece) => {
      output += String(piece)
      const [, address] = /Listening on (http:\S+)/.exec(output) ?? []
      if (address !== undefined) resolve(address)
    })
  })
  expect(await (await fetch(origin)).text()).toContain('<div id="root">')
  const ask = (role: string): Promise<Response> =>
    fetch(`${origin}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ messages: [{ role, content: 'Hello?' }] }),
    })
  expect(await (await ask('user')).text()).toMatch(/event: complete\n.*You asked: /)
  expect((await ask('system')).status).toBe(400)
}, 60_000)

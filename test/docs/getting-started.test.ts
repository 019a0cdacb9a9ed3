/**
 * The tutorial, followed to the letter: its files are written and its commands run, in the order of the page, in an empty folder. Only
 * what is installed comes from here: the package as it is packed, and the installed versions of the others.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { browserNote, browserPresent, launchBrowser, takePicture } from '../support/browser.js'
import { blocksOf, root } from './blocks.js'

const run = promisify(execFile)
let folder = ''
let tarball = ''
let server: ChildProcess | undefined
let port = ''
let browser: Browser | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutorial-'))
  const packed = join(folder, 'packed')
  await mkdir(packed)
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', packed], { cwd: root })
  tarball = join(packed, (await readdir(packed))[0] ?? '')
}, 60_000)

afterAll(async () => {
  server?.kill('SIGKILL')
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})

const environment = { ...process.env, OPENAI_API_KEY: '', PORT: '0' }

/** What `npm install` does for the reader. */
async function install(cwd: string, names: readonly string[]): Promise<void> {
  if (names.includes('sluice')) {
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], { cwd })
  }
  const modules = join(cwd, 'node_modules')
  for (const name of names.filter((other) => other !== 'sluice')) {
    await symlink(join(root, 'node_modules', name), join(modules, name))
    await mkdir(join(modules, '.bin'), { recursive: true })
    await symlink(join(root, 'node_modules/.bin', name), join(modules, '.bin', name)).catch(
      () => {},
    )
  }
}

async function startServer(cwd: string, file: string, fixedPort = '0'): Promise<void> {
  server?.kill('SIGKILL')
  const env = {
    ...environment,
    PORT: fixedPort,
    NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
  }
  const child = spawn(process.execPath, [file], { cwd, env })
  server = child
  port = await new Promise((resolve, reject) => {
    child.stderr.on('data', reject)
    child.stdout.on('data', (line: Buffer) => {
      const [, number] = /^http:\/\/localhost:(\d+)\n$/.exec(String(line)) ?? []
      if (number === undefined) reject(new Error(`It says: ${String(line)}`))
      else resolve(number)
    })
  })
}

/** Kills the server in the middle of an answer, and starts it again. @returns what the reader has printed */
async function askAndKill(cwd: string, line: string): Promise<string> {
  const [, file = '', url = '', question = ''] = /^node (\S+) (\S+) "(.*)"$/.exec(line) ?? []
  const address = url.replace('localhost:3000', `localhost:${port}`)
  const reader = spawn(process.execPath, [file, address, question], { cwd, env: environment })
  let printed = ''
  const ended = new Promise((resolve) => reader.once('close', resolve))
  await new Promise<void>((resolve) => {
    reader.stderr.on('data', (piece) => {
      printed += String(piece)
    })
    reader.stdout.on('data', (piece) => {
      printed += String(piece)
      if (printed.length > 40) resolve()
    })
  })
  server?.kill('SIGKILL')
  await startServer(cwd, 'durable.js', port)
  await ended
  return printed
}

test.skipIf(!browserPresent)(
  `from an empty folder to a page that streams${browserNote}`,
  async () => {
    const outputs = new Map<string, string>()
    let cwd = folder
    for (const { language, code, file } of blocksOf('docs/getting-started.md')) {
      if (file !== undefined) await writeFile(join(cwd, file), `${code}\n`)
      if (language !== 'sh') continue
      for (const line of code.split('\n')) {
        const [command, ...rest] = line.split(' ')
        if (command === 'cd') cwd = join(cwd, rest[0] ?? '')
        else if (line.startsWith('npm install ')) {
          await install(
            cwd,
            rest.slice(1).filter((name) => !name.startsWith('-')),
          )
        } else if (/^node (server|durable)\.js$/.test(line)) {
          await startServer(cwd, line.replace('node ', ''))
        } else if (line.startsWith('node ask.js')) {
          outputs.set('node ask.js', await askAndKill(cwd, line))
          await startServer(cwd, 'server.js')
        } else {
          const literal = line.replace('localhost:3000', `localhost:${port}`)
          // The Node that runs this test comes first, because the machine's own may be older.
          const PATH = `${dirname(process.execPath)}:${process.env.PATH}`
          const { stdout } = await run('bash', ['-c', literal], {
            cwd,
            env: { ...environment, PATH },
          })
          outputs.set(line, stdout)
        }
      }
    }
    expect(outputs.get('node first.js')).toMatch(/Why is the sky blue\?[^]*\n\d+ tokens\n$/)
    const [, curl] = [...outputs].find(([line]) => line.startsWith('curl')) ?? []
    expect(curl).toMatch(/^id: 1\nevent: start\n[^]*event: complete\n.*\n\n$/)

    const continued = outputs.get('node ask.js') ?? ''
    const [before = '', after = ''] = continued.split('\n(interrupted, continued)\n')
    expect(before).toMatch(/^Olá! .{30}/u)
    expect(after).toMatch(/"Why is the sky blue\?"[^]*\n\(complete\)\n$/)

    browser = await launchBrowser()
    const page = await browser.newPage({ viewport: { width: 720, height: 320 } })
    await page.goto(`http://localhost:${port}`)
    await page.fill('input', 'Is it streaming?')
    await page.evaluate(() => {
      const seen: number[] = []
      Object.assign(globalThis, { seen })
      const main = document.querySelector('main') as HTMLElement
      const look = () => seen.push(document.querySelector('.assistant')?.textContent?.length ?? 0)
      new MutationObserver(look).observe(main, { childList: true, subtree: true })
    })
    await page.click('button')
    await page.waitForFunction(() => {
      const said = document.querySelector('.assistant')?.textContent ?? ''
      return said.includes('Is it streaming?') && said.endsWith('.')
    })
    // It grew in many steps, and was not there at once.
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen)
    expect(new Set(seen).size).toBeGreaterThan(10)
    await takePicture(page, 'getting-started')
  },
  120_000,
)

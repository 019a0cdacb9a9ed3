/**
 * A component with `useStream()` that a developer edits while an answer grows: Vite's development
 * server, and its plugin for React.
 */

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import type { Browser, Page } from 'playwright-core'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser } from '../support/browser.js'
import { KeptAnswers } from '../support/kept-answers.js'
import { react18 } from '../support/react-18.js'

// A browser on a busy machine is slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const root = fileURLToPath(new URL('../../', import.meta.url))

const options = `{
  url: '/ai',
  keep: 'chat',
  streamUrl: (key) => '/ai/' + key,
  body: (messages, { key }) => ({ key, messages }),
}`

/** The file of the component. */
function component({ title = 'First', hooks = '', source = options }: Partial<Edit> = {}): string {
  return `import { useRef, useState, version } from 'react'
import { useStream } from 'sluice/react'
import { chat } from './chat.ts'

const textOf = ({ content }) =>
  typeof content === 'string' ? content : content.map(({ text }) => text).join('')

export function Page() {
  const { messages, status, send } = useStream(${source})
  const [count, setCount] = useState(0)
  ${hooks}
  return (
    <main>
      <h1>${title}</h1>
      <small>React {version}</small>
      {messages.map((message) => (
        <p key={message.id} className={message.role}>{textOf(message)}</p>
      ))}
      <output>{status}</output>
      <button onClick={() => send('Hi')}>Send</button>
      <button onClick={() => setCount(count + 1)}>Count is {count}</button>
    </main>
  )
}
`
}

interface Edit {
  title: string
  /** More lines of the component. */
  hooks: string
  /** The argument of `useStream()`. */
  source: string
}

const files = {
  'index.html': `<!doctype html><link rel="icon" href="data:,"><div id="root"></div>
<script type="module" src="./main.tsx"></script>`,
  'main.tsx': `import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Page } from './page.tsx'

createRoot(document.querySelector('#root')).render(<StrictMode><Page /></StrictMode>)`,
  'chat.ts': `import { createChat } from 'sluice/client'

export const chat = createChat(${options})`,
}

describe.skipIf(!browserPresent).each([
  ['19', []],
  ['18', [react18()]],
])(`fast refresh with React %s${browserNote}`, (version, plugins) => {
  let browser: Browser
  let folder: string
  let server: ViteDevServer
  let answers: KeptAnswers
  let page: Page
  let errors: unknown[]

  /** The folder of the page of a test, so that no edit of an earlier test arrives late. */
  let place: string
  let places = 0

  const write = (name: string, text: string): Promise<void> =>
    writeFile(join(folder, place, name), text)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-refresh-'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    server = await createServer({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      cacheDir: join(folder, 'cache'),
      server: { port: 0, host: '127.0.0.1', fs: { strict: false } },
      resolve: { alias: { sluice: join(root, 'src/entries') } },
      optimizeDeps: {
        entries: [join(root, 'src/entries/{client,react}.ts')],
        include: ['react', 'react-dom/client', 'react/jsx-dev-runtime'],
      },
      plugins: [
        react(),
        ...plugins,
        {
          name: 'answers',
          configureServer({ middlewares }) {
            middlewares.use((request, response, next) => {
              if (request.url?.startsWith('/ai')) void answers.route(request, response)
              else next()
            })
          },
        },
      ],
    })
    await server.listen()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    answers = new KeptAnswers()
    place = String(places++)
    await mkdir(join(folder, place))
    for (const [name, text] of Object.entries(files)) await write(name, text)
    errors = []
    page = await browser.newPage()
    page.on('pageerror', (error) => errors.push(error))
  })
  afterEach(async () => {
    await page.close()
    expect(errors).toEqual([])
  })

  /** Opens a page, and has an answer begin on it. */
  async function begin(source?: string): Promise<void> {
    await write('page.tsx', component({ ...(source && { source }) }))
    await page.goto(`${server.resolvedUrls?.local[0]}${place}/`)
    await page.getByText('First').waitFor()
    await page.getByText(`React ${version}.`).waitFor()
    await page.evaluate(() => Object.assign(window, { isSamePage: true }))
    await page.getByText('Count is').click()
    await page.getByText('Send').click()
    answers.say('One ')
    await shows('One ')
  }

  async function edit(change: Partial<Edit>): Promise<void> {
    await write('page.tsx', component({ title: 'Second', ...change }))
    await page.getByText('Second').waitFor()
    expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true)
  }

  async function shows(answer: string, status = 'streaming'): Promise<void> {
    await page.locator('output', { hasText: status }).waitFor()
    await page.waitForFunction(
      (expected) =>
        [...document.querySelectorAll('p.assistant')]
          .map((message) => message.textContent)
          .join('|') === expected,
      answer,
    )
  }

  test('an edit during an answer loses and duplicates nothing, and keeps the state', async () => {
    await begin()
    await edit({})
    answers.say('two ')
    await shows('One two ')
    await edit({ title: 'Second time' })
    answers.say('three', null)
    await shows('One two three', 'idle')
    expect(await page.getByText('Count is 1').count()).toBe(1)
    expect(await page.locator('p.user').count()).toBe(1)
    expect(answers.requests).toEqual(['POST /ai'])
    expect(answers.asked).toBe(1)
  })

  test('an edit that mounts the component again follows the answer that is kept', async () => {
    await begin()
    await edit({ hooks: 'useRef(0)' })
    await page.getByText('Count is 0').waitFor()
    await shows('One ')
    answers.say('two', null)
    await shows('One two', 'idle')
    expect(answers.requests).toEqual(['POST /ai', 'GET /ai/key'])
    expect(answers.asked).toBe(1)
  })

  test('a conversation outside of the component is the same after it is mounted again', async () => {
    await begin('chat')
    await edit({ source: 'chat', hooks: 'useRef(0)' })
    await page.getByText('Count is 0').waitFor()
    answers.say('two', null)
    await shows('One two', 'idle')
    expect(await page.locator('p.user').count()).toBe(1)
    expect(answers.requests).toEqual(['POST /ai'])
  })
})

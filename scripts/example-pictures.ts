/**
 * Takes the pictures of `examples/README.md`: starts each example, talks to its page in Chromium, and writes
 * `examples/pictures/<name>.png`. Run it with `npm run build && npm run build:page && node scripts/example-pictures.ts`.
 */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { type Answer, simulatedProvider } from 'sluice/testing'

interface Picture {
  name: string
  server: string
  question: string
  answer: Answer[]
  /** Resolves when the page shows what the picture is to show. */
  until: (page: Page) => Promise<void>
}

const call = (name: string, input: object): Answer => ({ toolCalls: [{ name, input }] })
const pictures: Picture[] = [
  {
    name: 'chat-server',
    server: 'examples/chat-server/server.ts',
    question: 'Plan a day in Oslo. What is the weather there?',
    answer: [
      call('weather', { city: 'Oslo' }),
      'It rains in Oslo today, at 7 °C, so stay inside for a while:\n\n1. **Munch Museum**, opens at 10\n2. Lunch in the food hall of Vulkan\n3. **Opera House**: walk up the roof when the rain stops',
    ],
    until: (page) => page.getByText('when the rain stops').waitFor(),
  },
  {
    name: 'tool-chat',
    server: 'examples/tool-chat/server.ts',
    question: 'What is the weather in Oslo? And a refund for order A-17, please.',
    answer: [
      {
        toolCalls: [
          { name: 'weather', input: { city: 'Oslo' } },
          { name: 'refund', input: { order: 'A-17', euros: 120 } },
        ],
      },
    ],
    until: (page) => page.getByRole('button', { name: 'Allow' }).waitFor(),
  },
  {
    name: 'use-chat',
    server: 'examples/use-chat/server.ts',
    question: 'What is the time?',
    answer: [call('clock', {}), 'It is late. Good night!'],
    until: (page) => page.getByText('Good night!').waitFor(),
  },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
})
for (const picture of pictures) await take(picture)
await browser.close()

async function take({ name, server, question, answer, until }: Picture): Promise<void> {
  const provider = simulatedProvider({ paceMs: 10, answer })
  const upstream = await provider.listen()
  const folder = await mkdtemp(join(tmpdir(), 'pictures-'))
  const env = {
    ...process.env,
    PORT: '0',
    DATA_DIR: folder,
    OPENAI_API_KEY: 'any',
    OPENAI_BASE_URL: `${upstream.url}/v1`,
  }
  const child = spawn(process.execPath, [server], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let output = ''
    let url = ''
    for await (const piece of child.stdout) {
      output += String(piece)
      url = /Listening on (http:\S+:\d+)/.exec(output)?.[1] ?? ''
      if (url !== '') break
    }
    if (url === '') throw new Error(`${server} did not start: ${output}`)
    const page = await browser.newPage({ viewport: { width: 800, height: 560 } })
    await page.goto(url)
    await page.getByRole('textbox').last().fill(question)
    await page.keyboard.press('Enter')
    await until(page)
    await page.screenshot({ path: `${root}examples/pictures/${name}.png`, animations: 'disabled' })
    await page.close()
    console.log(`examples/pictures/${name}.png`)
  } finally {
    child.kill('SIGKILL')
    await upstream.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The page of the AI SDK's `useChat`, in a browser, with a provider behind its server that does what each test needs.
 */

import type { Browser, Page } from 'playwright-core'
import {
  type Answer,
  type SimulatedRequest,
  type SimulatedServer,
  simulatedProvider,
} from 'sluice/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser, takePicture } from '../support/browser.ts'
import { Line } from './child.ts'
import { readHeaders } from './headers.ts'

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const answer = Array.from({ length: 100 }, (_, index) => `word${index}`).join(' ')

describe.skipIf(!browserPresent)(`the page in a browser${browserNote}`, () => {
  let browser: Browser
  let page: Page
  let server: Line
  let url: string
  let upstream: SimulatedServer
  /** What the model says, oldest first; the last one repeats. */
  let script: Answer[]
  const provider = simulatedProvider({
    paceMs: 30,
    answer: () => (script.length > 1 ? script.shift() : script[0]) ?? '',
  })
  /** What it was asked before this test. */
  let before: number
  const asked = (): SimulatedRequest[] => provider.requests.slice(before)

  beforeAll(async () => {
    upstream = await provider.listen()
    const { line = '' } = readHeaders().find(({ file }) => file === 'use-chat/server.ts') ?? {}
    server = new Line(line, {
      PORT: '0',
      OPENAI_API_KEY: 'any',
      OPENAI_BASE_URL: `${upstream.url}/v1`,
    })
    ;[, url = ''] = await server.prints(/Listening on (http:\S+)/)
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await upstream?.close()
  })

  beforeEach(async () => {
    // Each page has a session of its own.
    page = await browser.newPage({ viewport: { width: 720, height: 560 } })
    before = provider.requests.length
  })
  afterEach(() => page.close())

  async function open(...answers: Answer[]): Promise<void> {
    script = answers
    await page.goto(url)
  }

  async function say(text: string): Promise<void> {
    await page.getByLabel('Message').fill(text)
    await page.getByRole('button', { name: 'Send' }).click()
  }

  /** Waits until the answer, which is the last, says this. */
  const showing = (text: string): Promise<void> =>
    page.locator('li.assistant', { hasText: text }).last().waitFor()

  const bubbles = (): Promise<string[]> => page.locator('li').allTextContents()
  const isReady = (): Promise<void> => page.getByRole('button', { name: 'Send' }).waitFor()

  test('reasoning and text are seen as they come, and stop ends the answer at the provider', async () => {
    const stall = {
      reasoning: 'They want me to count.',
      text: answer,
      fault: { kind: 'stall', afterEvents: 14 },
    } as const
    await open(stall, 'Again.')
    await takePicture(page, 'use-chat-empty')
    await page.getByRole('button', { name: 'Why is the sky blue?' }).click()
    await showing('word3')
    expect((await bubbles())[1]).toContain('They want me to count.')
    expect((await bubbles())[1]).not.toContain('word99')
    const [request] = asked()
    await expect.poll(() => request?.sent).toBe(14)
    await page.getByText('Thought').click()
    await takePicture(page, 'use-chat-streaming')
    await page.getByRole('button', { name: 'Stop' }).click()
    expect(await request?.closed).toBe('aborted')
    await isReady()
    await say('Once more')
    await showing('Again.')
    // What had come goes on with the conversation.
    expect(JSON.stringify(asked()[1]?.body)).toMatch(/sky blue.*word3.*Once more/)
  })

  test('a tool runs on the page, and the model goes on with what it says', async () => {
    const call = { toolCalls: [{ name: 'clock', input: {} }] }
    await open(call, 'Late enough.', 'Good night.')
    await page.getByRole('button', { name: 'What time is it here?' }).click()
    await showing('Late enough.')
    await isReady()
    expect(await bubbles()).toEqual([
      'What time is it here?',
      expect.stringMatching(/^clock \d+:\d\d [AP]MLate enough\.$/),
    ])
    expect(JSON.stringify(asked()[1]?.body)).toMatch(/"role":"tool".*\d:\d\d [AP]M/)
    await takePicture(page, 'use-chat-tool')
    await say('Good night')
    await showing('Good night.')
    // The call and its result are told again, under one id.
    const { body } = asked()[2] as SimulatedRequest
    expect((body as { messages: unknown }).messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ function: { name: 'clock' } }] },
      { role: 'tool' },
      { role: 'assistant', content: 'Late enough.' },
      { role: 'user', content: 'Good night' },
    ])
  })

  test('another attempt is told, and takes the place of the first', async () => {
    const cut = { text: answer, fault: { kind: 'cut', afterEvents: 8 } } as const
    await open(cut, 'This holds.')
    await say('Hi')
    await page.getByText('Trying again: 2 of 3.').waitFor()
    expect((await bubbles()).join('')).not.toContain('word3')
    await takePicture(page, 'use-chat-retry')
    await showing('This holds.')
    await isReady()
    expect(await bubbles()).toEqual(['Hi', 'This holds.'])
  })

  test('a failure is shown in public words, and asked again on request', async () => {
    const refused = {
      fault: { kind: 'status', status: 400, body: { error: 'sk-secret' } },
    } as const
    await open(refused, 'Now it works.')
    await page.emulateMedia({ colorScheme: 'dark' })
    await say('Hi')
    await page.getByRole('alert').waitFor()
    expect((await bubbles()).at(-1)).toBe('The model did not accept the request. Try again')
    await takePicture(page, 'use-chat-failure-dark')
    await page.getByRole('button', { name: 'Try again' }).click()
    await showing('Now it works.')
    await isReady()
    expect(await bubbles()).toEqual(['Hi', 'Now it works.'])
  })

  test('a reload in the middle of an answer loses and doubles nothing', async () => {
    await open(answer)
    await say('Count for me')
    await showing('word5')
    await page.reload()
    await showing('word6')
    expect((await bubbles())[1]).not.toContain('word99')
    await showing('word99')
    await isReady()
    expect(await bubbles()).toEqual(['Count for me', answer])
    // Nor does one after the end.
    await page.reload()
    await showing('word99')
    expect(await bubbles()).toEqual(['Count for me', answer])
    expect(asked()).toHaveLength(1)
  })

  test('an answer that ended while the page was away is there when it comes back', async () => {
    await open(answer)
    await say('Count for me')
    await showing('word5')
    await page.goto('about:blank')
    expect(await asked()[0]?.closed).toBe('finished')
    await page.goto(url)
    await showing('word99')
    await isReady()
    expect(await bubbles()).toEqual(['Count for me', answer])
    expect(asked()).toHaveLength(1)
  })

  test('a server that is killed is an error that is shown, and not a hang', async () => {
    await open(answer)
    await say('Count for me')
    await showing('word5')
    await server[Symbol.asyncDispose]()
    await page.getByRole('alert').waitFor()
    await isReady()
  })
})

/**
 * The page of the server with tools, in a browser, and its route without one.
 */

import type { Browser, Page } from 'playwright-core'
import { type Answer, type SimulatedServer, simulatedProvider } from 'sluice/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { browserNote, browserPresent, launchBrowser, takePicture } from '../support/browser.ts'
import { Line } from './child.ts'
import { readHeaders } from './headers.ts'

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let server: Line
let url: string
let upstream: SimulatedServer
/** What the model says, oldest first; then it does as it is asked. */
let script: Answer[] = []
const provider = simulatedProvider({ paceMs: 10, answer: () => script.shift() ?? {} })

beforeAll(async () => {
  upstream = await provider.listen()
  const { line = '' } = readHeaders().find(({ file }) => file === 'tool-chat/server.ts') ?? {}
  const baseURL = `${upstream.url}/v1`
  server = new Line(line, { PORT: '0', OPENAI_API_KEY: 'any', OPENAI_BASE_URL: baseURL })
  ;[, url = ''] = await server.prints(/Listening on (http:\S+)/)
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await upstream?.close()
})

describe.skipIf(!browserPresent)(`the page in a browser${browserNote}`, () => {
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    script = []
    page = await browser.newPage({ viewport: { width: 720, height: 560 } })
    await page.goto(url)
  })
  afterEach(async () => {
    // An answer outlives its page, and would take the script of the next test.
    await page.getByRole('button', { name: 'Send', disabled: false }).waitFor()
    await page.close()
  })

  const call = (name: string, state: string) =>
    page.locator(`section.${state}`, { has: page.getByText(name, { exact: true }) })
  const press = (name: string): Promise<void> => page.getByRole('button', { name }).click()
  const showing = (text: string): Promise<void> => page.getByText(text).last().waitFor()

  test('a call is shown while it runs, and with its result', async () => {
    await press('What is the weather in Oslo?')
    await call('weather', 'running').waitFor()
    await call('weather', 'running').getByText('Calling the station of Oslo').waitFor()
    await takePicture(page, 'tool-chat-running')
    await call('weather', 'done').waitFor()
    await showing('The tools returned: "rain, 7 °C"')
    expect(await page.locator('li').count()).toBe(2)
    await takePicture(page, 'tool-chat-done')
  })

  test('a call that failed is shown with the words of its error', async () => {
    script = [{ toolCalls: [{ name: 'weather', input: { city: 'Ghent' } }] }]
    await press('What is the weather in Oslo?')
    await call('weather', 'failed').waitFor()
    await showing('There is no station in Ghent.')
  })

  test('a refund waits for its button, and happens after it', async () => {
    await press('A refund for order A-17')
    await call('refund', 'waiting').waitFor()
    await takePicture(page, 'tool-chat-waiting')
    await press('Allow')
    await call('refund', 'done').waitFor()
    await showing('"euros":120')
    await showing('The tools returned')
  })

  test('a refund that is refused does not happen', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await press('A refund for order A-17')
    await call('refund', 'waiting').waitFor()
    await press('Refuse')
    await call('refund', 'failed').waitFor()
    await showing('The user did not allow this call.')
    await takePicture(page, 'tool-chat-refused-dark')
  })

  test('a date is picked on the page, together with an approval', async () => {
    script = [
      {
        toolCalls: [
          { name: 'pickDate', input: { label: 'Departure' } },
          { name: 'refund', input: { order: 'B-2', euros: 5 } },
        ],
      },
    ]
    await press('Pick a date for my trip.')
    await page.getByLabel('Departure').fill('2026-12-24')
    await takePicture(page, 'tool-chat-date')
    await press('OK')
    // The other one still waits.
    await call('pickDate', 'done').waitFor()
    await call('refund', 'waiting').waitFor()
    await press('Allow')
    await showing('"2026-12-24"')
    await call('refund', 'done').waitFor()
    expect(await call('pickDate', 'done').textContent()).toContain('2026-12-24')
  })

  test('a second step that breaks off is made again, and the tool runs once', async () => {
    const before = provider.requests.length
    script = [
      { toolCalls: [{ name: 'weather', input: { city: 'Rome' } }] },
      { text: 'Sun and half a', fault: { kind: 'cut', afterEvents: 4 } },
      'Sun it is.',
    ]
    await press('What is the weather in Oslo?')
    await showing('Sun it is.')
    expect(await page.locator('li.assistant p').allTextContents()).toEqual(['Sun it is.'])
    expect(await page.locator('section.call').count()).toBe(1)
    expect(provider.requests.slice(before).map(({ step }) => step)).toEqual([1, 2, 2])
  })

  test('after a failure the turn continues where it broke off, and no tool runs again', async () => {
    const before = provider.requests.length
    script = [
      { toolCalls: [{ name: 'weather', input: { city: 'Rome' } }] },
      { fault: { kind: 'status', status: 400 } },
      'Sun it is.',
    ]
    await press('What is the weather in Oslo?')
    await page.getByRole('alert').waitFor()
    await takePicture(page, 'tool-chat-failure')
    await press('Try again')
    await showing('Sun it is.')
    expect(await page.locator('section.call').count()).toBe(1)
    expect(provider.requests.slice(before).map(({ step }) => step)).toEqual([1, 2, 2])
    await press('What is the weather in Oslo?')
    await showing('You asked')
  })
})

describe('the route', () => {
  const post = (body: object, type = 'application/json'): Promise<Response> =>
    fetch(`${url}/chat`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    })
  const user = { role: 'user', content: 'Hi' }

  test.each<[string, object, number]>([
    ['an approval of a call that does not wait', { type: 'tool-approval', approved: true }, 400],
    ['a result of a call that does not wait', { type: 'tool-result', name: 'a', output: 1 }, 400],
  ])('refuses %s', async (_name, part, status) => {
    const content = [{ id: 'call_1', ...part }]
    const response = await post({ id: crypto.randomUUID(), message: { role: 'tool', content } })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid-request' } })
  })

  test('refuses a result for a call that waits for approval', async () => {
    const id = crypto.randomUUID()
    script = [{ toolCalls: [{ id: 'c', name: 'refund', input: { order: 'A', euros: 1 } }] }]
    expect(await (await post({ id, message: user })).text()).toContain('"for":"approval"')
    const result = { type: 'tool-result', id: 'c', name: 'refund', output: 'paid' }
    const forged = await post({ id, message: { role: 'tool', content: [result] } })
    expect(forged.status).toBe(400)
  })

  test('refuses messages of the model, and what is no JSON request', async () => {
    const id = crypto.randomUUID()
    expect((await post({ id, message: { role: 'assistant', content: 'Hi' } })).status).toBe(400)
    expect((await post({ id, message: user }, 'text/plain')).status).toBe(415)
    expect((await post({ message: user })).status).toBe(400)
    expect((await post({ id })).status).toBe(400)
  })
})

import type { Browser, Page } from 'playwright-core'
import type { SimulatedProviderOptions } from 'sluice/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { readPage } from '../../examples/chat-server/page-files.ts'
import { browserNote, browserPresent, launchBrowser, takePicture } from '../support/browser.ts'
import { Example } from './child.ts'
import { Sockets } from './sockets.ts'

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const words = Array.from({ length: 150 }, (_, index) => `word${index}`)
const answer = words.join(' ')

describe.skipIf(!browserPresent)(`the page in a browser${browserNote}`, () => {
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 720, height: 520 } })
  })
  afterEach(() => page.close())

  async function open(options: SimulatedProviderOptions): Promise<Sockets> {
    const files = await readPage()
    if (files === undefined) throw new Error('The page has not been built.')
    const sockets = await Sockets.open(options, { page: files })
    await page.goto(sockets.url)
    return sockets
  }

  async function say(text: string): Promise<void> {
    await page.getByLabel('Message').fill(text)
    await page.getByRole('button', { name: 'Send' }).click()
  }

  /** Waits until the answer, which is the last, says this. */
  const showing = (text: string): Promise<void> =>
    page.locator('li.assistant', { hasText: text }).last().waitFor()

  /** What the bubbles say, without the names of who speaks. */
  const bubbles = async (): Promise<string[]> => {
    const texts = await page.locator('li').allTextContents()
    return texts.map((text) => text.replace(/^(You|Answer): /, ''))
  }

  const isReady = (): Promise<void> => page.getByRole('button', { name: 'Send' }).waitFor()

  test('only whoever asks for HTML gets it; curl gets the list of routes', async () => {
    await using sockets = await open({ paceMs: 0 })
    const list = await fetch(sockets.url, { headers: { accept: '*/*' } })
    expect(await list.text()).toMatch(/^curl -N /)
    const html = await fetch(sockets.url, { headers: { accept: 'text/html,*/*;q=0.8' } })
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await page.title()).toBe('Chat')
    await takePicture(page, 'chat-empty')
  })

  test('the first token is seen before the last is sent, and stop closes the socket of the provider', async () => {
    const stall = { text: answer, fault: { kind: 'stall', afterEvents: 8 } } as const
    await using sockets = await open({ paceMs: 0, answer: [stall, 'Again.'] })
    await say('Count for me')
    await showing('word3')
    expect((await bubbles())[1]).not.toContain('word149')
    const [request] = sockets.provider.requests
    expect(request?.sent).toBe(8)
    await takePicture(page, 'chat-streaming')
    await page.getByRole('button', { name: 'Stop' }).click()
    expect(await request?.closed).toBe('aborted')
    await page.getByText('Stopped.').waitFor()
    await takePicture(page, 'chat-stopped')
    await say('Once more')
    await showing('Again.')
    expect(await page.getByText('Stopped.').count()).toBe(0)
  })

  test('the provider can be switched in the middle of a conversation', async () => {
    await using sockets = await open({ paceMs: 0, answer: ['I am one.', 'I am another.'] })
    await say('Who are you?')
    await showing('I am one.')
    await isReady()
    await page.getByLabel('Provider').selectOption('Claude')
    await say('And you?')
    await showing('I am another.')
    const { requests } = sockets.provider
    expect(requests.map(({ wire }) => wire)).toEqual(['openai-chat', 'anthropic-messages'])
    expect(JSON.stringify(requests[1]?.body)).toMatch(/Who are you\?.*I am one\..*And you\?/)
    expect(await bubbles()).toEqual(['Who are you?', 'I am one.', 'And you?', 'I am another.'])
    await isReady()
    await takePicture(page, 'chat-switched')
    await page.getByRole('button', { name: 'New conversation' }).click()
    await expect.poll(bubbles).toEqual([])
  })

  test('a reload in the middle of an answer loses and doubles nothing', async () => {
    await using sockets = await open({ paceMs: 40, answer })
    await say('Count for me')
    await showing('word5')
    await page.reload()
    await showing('word6')
    expect((await bubbles())[1]).not.toContain('word149')
    await showing('word149')
    await isReady()
    expect(await bubbles()).toEqual(['Count for me', answer])
    expect(sockets.provider.requests).toHaveLength(1)
    // Nor does one after the end.
    await page.reload()
    await showing('word149')
    expect(await bubbles()).toEqual(['Count for me', answer])
    expect(sockets.provider.requests).toHaveLength(1)
  })

  test('another attempt is told, and takes the place of the first', async () => {
    const cut = { text: answer, fault: { kind: 'cut', afterEvents: 8 } } as const
    await using sockets = await open({ paceMs: 0, answer: [cut, 'This holds.'] })
    await say('Hi')
    await page.getByText('Trying again: 2 of 3.').waitFor()
    await takePicture(page, 'chat-retry')
    await showing('This holds.')
    await isReady()
    expect(await bubbles()).toEqual(['Hi', 'This holds.'])
    expect(await page.getByText('Trying again').count()).toBe(0)
    expect(sockets.provider.requests).toHaveLength(2)
  })

  test('a server that is killed is an error that is shown, and not a hang', async () => {
    await using server = new Example('chat-server/server.ts', { PORT: '0' })
    const [, url = ''] = await server.prints(/Listening on (http:\S+)\./)
    await page.goto(url)
    await say('Hi '.repeat(300))
    await page.locator('li.assistant').waitFor()
    server.process.kill('SIGKILL')
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('button', { name: 'Try again' }).isEnabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Send' }).count()).toBe(1)
    await takePicture(page, 'chat-killed')
  })
})

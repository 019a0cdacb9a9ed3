import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, sse } from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { createResumable, memoryLog } from '../../src/entries/resumable.js'
import { closedSoon } from '../faults/closed.js'
import { type Exchange, FaultServer } from '../faults/server.js'
import {
  browserNote,
  browserPresent,
  launchBrowser,
  type PageServer,
  servePage,
  takePicture,
} from '../support/browser.js'
import { react18 } from '../support/react-18.js'

// A browser on a busy machine is slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe.skipIf(!browserPresent).each([
  ['19', []],
  ['18', [react18()]],
] as const)(`useStream of React %s in a browser${browserNote}`, (version, plugins) => {
  let browser: Browser
  let server: PageServer
  let provider: FaultServer
  let page: Page
  /** The requests to the provider. The tests write the answers. */
  let asked: Asked
  /** The requests to the server, and their sockets. */
  let requests: IncomingMessage[] = []

  const resumable = createResumable({ log: memoryLog() })

  /**
   * Answers like the routes of a real server: with a stream that belongs to its client, or with a
   * stored one.
   */
  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push(request)
    const { method, url = '' } = request
    const id = url.replace('/ai/stream/', '')
    if (method === 'DELETE') {
      await resumable.stop(id)
      return void response.writeHead(204).end()
    }
    if (method === 'GET') {
      const stream = await resumable.follow(id, request.headers['last-event-id'] as string)
      if (stream === null) return void response.writeHead(404).end()
      return pipeToNode(stream, response, sse())
    }
    const { messages } = JSON.parse(await readText(request))
    const driver = compatible({ baseURL: provider.url, model: 'm' })
    const retry = { maxRetries: 1, minDelayMs: 300, maxDelayMs: 300 }
    const stream = createStream({ driver, messages, retry })
    if (url === '/ai') return pipeToNode(stream, response, sse())
    const { id: kept } = await resumable.publish(crypto.randomUUID(), stream)
    const followed = await resumable.follow(kept)
    if (followed === null) throw new Error('A stream that has just been published is unknown.')
    const headers = { 'content-location': `/ai/stream/${kept}` }
    return pipeToNode(followed, response, sse(), { headers })
  }

  beforeAll(async () => {
    const entry = fileURLToPath(new URL('page.tsx', import.meta.url))
    server = await servePage(entry, (...exchange) => void route(...exchange), [...plugins])
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    asked = new Asked()
    requests = []
    provider = await FaultServer.listen((exchange) => asked.push(exchange))
    page = await browser.newPage({ viewport: { width: 640, height: 420 } })
  })

  afterEach(async () => {
    await page.close()
    await provider[Symbol.asyncDispose]()
  })

  async function ask(question: string, query = ''): Promise<void> {
    await page.goto(`${server.url}/${query}`)
    await page.getByPlaceholder('Say something').fill(question)
    await page.getByRole('button', { name: 'Send' }).click()
  }

  /** Resolves once the page shows just this answer. */
  async function shows(answer: string): Promise<void> {
    await page.waitForFunction(
      (expected) => document.querySelector('p.assistant')?.textContent === expected,
      answer,
    )
  }

  async function status(expected: string): Promise<void> {
    await page.locator('output', { hasText: expected }).waitFor()
  }

  test('each token is rendered before the next one is sent', async () => {
    await ask('Why is the sky blue?')
    const answer = await asked.nextAnswer()
    expect(await page.evaluate(() => window.reactVersion)).toMatch(new RegExp(`^${version}\\.`))
    await status('submitted')
    let seen = ''
    for (const token of ['Sun', 'light', ' is', ' scattered', ' 🌊']) {
      await answer.chunk(frame(token))
      seen += token
      await shows(seen)
    }
    await status('streaming')
    await takePicture(page, 'streaming')
    await finish(answer)
    await status('idle')
    await shows(seen)
  })

  test('a burst of tokens is rendered once per frame', async () => {
    await ask('Much?')
    const answer = await asked.nextAnswer()
    const tokens = Array.from({ length: 1_000 }, (_, count) => `${count} `)
    for (const token of tokens) {
      await answer.chunk(frame(token))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await finish(answer)
    await status('idle')
    await shows(tokens.join(''))
    const renders = await page.evaluate(() => window.renders)
    const perFrame = new Map<number, number>()
    for (const { frame: time, status: shown } of renders) {
      if (shown === 'streaming') perFrame.set(time, (perFrame.get(time) ?? 0) + 1)
    }
    expect(Math.max(...perFrame.values())).toBe(1)
    expect(perFrame.size).toBeGreaterThan(1)
    expect(renders.length).toBeLessThan(tokens.length / 2)
  })

  test('a restart removes the discarded text and is shown', async () => {
    await ask('Well?')
    const first = await asked.nextAnswer()
    await first.chunk(frame('This is wrong'))
    await shows('This is wrong')
    first.reset()
    await page.getByText('trying again (2)').waitFor()
    expect(await page.locator('p.assistant').count()).toBe(0)
    await takePicture(page, 'retrying')
    const second = await asked.nextAnswer()
    await second.chunk(frame('This is right'))
    await shows('This is right')
    expect(await page.getByText('trying again').count()).toBe(0)
    await finish(second)
    await status('idle')
    await shows('This is right')
  })

  test('stop() closes the connection to the provider, and received content stays', async () => {
    await ask('Long?')
    const answer = await asked.nextAnswer()
    await answer.chunk(frame('Once upon'))
    await shows('Once upon')
    expect(provider.open).toBe(1)
    const stopped = performance.now()
    await page.getByRole('button', { name: 'Stop' }).click()
    await provider.idle()
    // The click of the browser's driver takes most of it.
    expect(performance.now() - stopped).toBeLessThan(2_000)
    await status('idle')
    await shows('Once upon')
  })

  test('leaving the page closes the connection to the provider', async () => {
    await ask('Long?')
    await (await asked.nextAnswer()).chunk(frame('Once upon'))
    await shows('Once upon')
    await page.goto('about:blank')
    await provider.idle()
    expect(await closedSoon(provider)).toBe(0)
  })

  test('strict mode sends one request and shows the whole answer', async () => {
    await ask('Strict?', '?strict')
    const answer = await asked.nextAnswer()
    await answer.chunk(frame('Yes'))
    await shows('Yes')
    await finish(answer)
    await status('idle')
    expect(provider.requests).toHaveLength(1)
    expect(requests).toHaveLength(1)
  })

  test('a failure is shown, and a retry fixes it', async () => {
    await ask('Fail?')
    const refused = (exchange: Exchange): void =>
      exchange.whole(401, '{"error":{"message":"Incorrect API key sk-123"}}')
    refused(await asked.next())
    await status('error')
    await page.getByText('This service is not set up to reach the model.').waitFor()
    expect(await page.locator('body').innerText()).not.toContain('sk-123')
    await takePicture(page, 'error')
    await page.getByRole('button', { name: 'Again' }).click()
    const answer = await asked.nextAnswer()
    await answer.chunk(frame('Better'))
    await finish(answer)
    await shows('Better')
    expect(await page.locator('p').count()).toBe(3)
  })

  test('a server that is killed during an answer is an error, not an endless wait', async () => {
    await ask('Fail?')
    await (await asked.nextAnswer()).chunk(frame('Half'))
    await shows('Half')
    requests[0]?.socket.resetAndDestroy()
    await status('error')
    await shows('Half')
  })

  test('a stored stream is resumed after a lost connection', async () => {
    await ask('Kept?', '?url=/kept')
    const answer = await asked.nextAnswer()
    await answer.chunk(frame('Half'))
    await shows('Half')
    requests[0]?.socket.resetAndDestroy()
    await answer.chunk(frame(' and half'))
    await shows('Half and half')
    await finish(answer)
    await status('idle')
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
    expect(requests[1]?.headers['last-event-id']).toBe('2')
    expect(provider.requests).toHaveLength(1)
  })

  test('stop() ends a stored stream, too, and a reload does not restore it', async () => {
    await ask('Kept?', '?url=/kept')
    await (await asked.nextAnswer()).chunk(frame('Half'))
    await shows('Half')
    await page.getByRole('button', { name: 'Stop' }).click()
    await provider.idle()
    await page.reload()
    await shows('Half')
    await status('idle')
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'DELETE'])
  })

  test.each(['', '&strict'])(
    'a reload during an answer loses and duplicates nothing %s',
    async (mode) => {
      await ask('Reload?', `?url=/kept${mode}`)
      const answer = await asked.nextAnswer()
      await answer.chunk(frame('One '))
      await shows('One ')
      await page.reload()
      await shows('One ')
      await answer.chunk(frame('two '))
      await shows('One two ')
      await page.reload()
      await answer.chunk(frame('three'))
      await shows('One two three')
      await finish(answer)
      await status('idle')
      await page.reload()
      await shows('One two three')
      expect(await page.locator('p.user').count()).toBe(1)
      expect(await page.locator('p.assistant').count()).toBe(1)
      expect(provider.requests).toHaveLength(1)
      expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET'])
    },
  )
})

/** A queue of requests. */
class Asked {
  readonly #exchanges: Exchange[] = []
  readonly #waiting: ((exchange: Exchange) => void)[] = []

  push(exchange: Exchange): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#exchanges.push(exchange)
    else waiting(exchange)
  }

  async next(): Promise<Exchange> {
    return (
      this.#exchanges.shift() ??
      new Promise<Exchange>((resolve) => {
        this.#waiting.push(resolve)
      })
    )
  }

  /** The next request, with a response that has begun. */
  async nextAnswer(): Promise<Exchange> {
    const exchange = await this.next()
    await exchange.head(200)
    return exchange
  }
}

function frame(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`
}

async function finish(exchange: Exchange): Promise<void> {
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
  await exchange.chunk(`data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`)
  exchange.end()
}

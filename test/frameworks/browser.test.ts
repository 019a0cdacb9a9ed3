/**
 * The pages of `examples/frameworks` in a browser, with a server that keeps its streams.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { ChatOptions } from '../../src/entries/client.js'
import { createStream, sse } from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { createResumable, memoryLog } from '../../src/entries/resumable.js'
import {
  browserNote,
  browserPresent,
  launchBrowser,
  type PageServer,
  servePage,
  takePicture,
} from '../support/browser.js'
import { frameworks, pageOf } from '../support/frameworks.js'

// A browser on a busy machine is slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

declare global {
  interface Window {
    page: { mount(source: ChatOptions, root: Element | null): () => void }
  }
}

/** A model whose words a test says. */
class Model {
  readonly #waiting: ((word: string | null) => void)[] = []
  readonly #said: (string | null)[] = []
  asked = 0
  ended = Promise.withResolvers<string>()

  /** Null ends the answer. */
  say(...words: (string | null)[]): void {
    for (const word of words) {
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#said.push(word)
      else waiting(word)
    }
  }

  readonly driver: Driver = {
    provider: 'p',
    model: 'm',
    stream: (_request, { signal }) => {
      this.asked++
      const next = (): Promise<string | null> =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          const said = this.#said.shift()
          if (said === undefined) this.#waiting.push(resolve)
          else resolve(said)
        })
      return wordsOf(next)
    },
  }
}

async function* wordsOf(next: () => Promise<string | null>) {
  for (let word = await next(); word !== null; word = await next()) {
    yield { type: 'content', kind: 'text', index: 0, text: word } as const
  }
  return { finishReason: 'stop', usage: {} } as const
}

describe.skipIf(!browserPresent).each(frameworks)(
  `useStream() of %s in a browser${browserNote}`,
  (framework) => {
    let browser: Browser
    let context: BrowserContext
    let server: PageServer
    let page: Page
    let model: Model
    let requests: string[]
    let responses: ServerResponse[]
    const resumable = createResumable({ log: memoryLog() })

    async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const { method, url = '', headers } = request
      requests.push(`${method} ${url.replace(/[^/]{20,}/, 'key')}`)
      responses.push(response)
      if (url === '/elsewhere') return void response.end('<p>elsewhere</p>')
      const id = url.replace('/ai/', '')
      if (method === 'DELETE') {
        await resumable.stop(id)
        return void response.writeHead(204).end()
      }
      if (method === 'GET') {
        const stream = await resumable.follow(id, headers['last-event-id']?.toString())
        if (stream === null) return void response.writeHead(404).end()
        return pipeToNode(stream, response, sse())
      }
      const { key, messages } = (await json(request)) as { key: string; messages: [] }
      const stream = createStream({ driver: model.driver, messages, retry: false })
      const { ended } = await resumable.publish(key, stream)
      void ended.then(({ type }) => model.ended.resolve(type))
      const followed = await resumable.follow(key)
      if (followed !== null) await pipeToNode(followed, response, sse())
    }

    beforeAll(async () => {
      const { entry, plugins } = pageOf(framework)
      server = await servePage(entry, (...exchange) => void route(...exchange), plugins)
      browser = await launchBrowser(['--disable-back-forward-cache'])
    })
    afterAll(async () => {
      await browser?.close()
      await server?.[Symbol.asyncDispose]()
    })

    beforeEach(async () => {
      model = new Model()
      requests = []
      responses = []
      context = await browser.newContext({ viewport: { width: 640, height: 420 } })
      page = await context.newPage()
      await open()
    })
    afterEach(() => context.close())

    async function open(): Promise<void> {
      await page.goto(server.url)
      await mount()
    }

    function mount(): Promise<void> {
      return page.evaluate(() => {
        window.page.mount(
          {
            url: '/ai',
            keep: 'test',
            streamUrl: (key) => `/ai/${key}`,
            body: (messages, { key }) => ({ key, messages }),
            retry: { minDelayMs: 50, maxDelayMs: 200 },
          },
          document.querySelector('#root'),
        )
      })
    }

    async function say(text: string): Promise<void> {
      await page.getByPlaceholder('Say something').fill(text)
      await press('Send')
    }

    const press = (name: string): Promise<void> => page.getByRole('button', { name }).click()
    const shows = (text: string, status: string) =>
      page.locator(`p.assistant[data-status=${status}]`, { hasText: text }).waitFor()

    test('each word is shown before the next one is said', async () => {
      await say('Hi')
      let text = ''
      for (const word of ['Sun', 'light ', 'is ', 'scattered']) {
        model.say(word)
        text += word
        await shows(text, 'streaming')
      }
      await takePicture(page, `${framework}-streaming`)
      model.say(null)
      await shows(text, 'done')
      expect(requests).toEqual(['POST /ai'])
    })

    test('Stop ends the answer on the server, and a reload does not bring it back', async () => {
      await say('Hi')
      model.say('Once')
      await shows('Once', 'streaming')
      await press('Stop')
      await shows('Once', 'stopped')
      expect(await model.ended.promise).toBe('error')
      await open()
      await page.locator('output', { hasText: 'idle' }).waitFor()
      expect(requests).toEqual(['POST /ai', 'DELETE /ai/key'])
    })

    test('a reload follows the answer in progress', async () => {
      await say('Hi')
      model.say('One ')
      await shows('One', 'streaming')
      await page.reload()
      await mount()
      await shows('One', 'streaming')
      model.say('two', null)
      await shows('One two', 'done')
      expect(model.asked).toBe(1)
      expect(requests).toEqual(['POST /ai', 'GET /ai/key'])
    })

    test('an answer continues after the page was offline', async () => {
      await say('Hi')
      model.say('One ')
      await shows('One', 'streaming')
      await context.setOffline(true)
      responses[0]?.destroy()
      model.say('two ')
      await page.waitForTimeout(1_000)
      await shows('One', 'streaming')
      await context.setOffline(false)
      model.say('three', null)
      await shows('One two three', 'done')
      expect(model.asked).toBe(1)
    })

    test('an answer continues when the page comes from the back/forward cache', async () => {
      await say('Hi')
      model.say('One ')
      await shows('One', 'streaming')
      await page.evaluate(() => {
        addEventListener('pageshow', ({ persisted }) => {
          document.title = persisted ? 'restored' : 'loaded'
        })
      })
      await page.goto(`${server.url}/elsewhere`)
      model.say('two ')
      await page.goBack({ waitUntil: 'commit' })
      await page.waitForFunction(() => document.title === 'restored')
      model.say('three', null)
      await shows('One two three', 'done')
      expect(model.asked).toBe(1)
    })
  },
)

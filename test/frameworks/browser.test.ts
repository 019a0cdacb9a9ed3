/**
 * The pages of `examples/frameworks` in a browser, with a server that keeps its streams.
 */

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ChatOptions } from '../../src/entries/client.js'
import {
  browserNote,
  browserPresent,
  launchBrowser,
  type PageServer,
  servePage,
  takePicture,
} from '../support/browser.js'
import { frameworks, pageOf } from '../support/frameworks.js'
import { KeptAnswers } from '../support/kept-answers.js'
import { tasksOf } from '../support/tasks.js'

// A browser on a busy machine is slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

declare global {
  interface Window {
    page: { mount(source: ChatOptions, root: Element | null): () => void }
    counts: { changes: number; frames: number }
  }
}

describe.skipIf(!browserPresent).each(frameworks)(
  `useStream() of %s in a browser${browserNote}`,
  (framework) => {
    let browser: Browser
    let context: BrowserContext
    let server: PageServer
    let page: Page
    let answers: KeptAnswers

    beforeAll(async () => {
      const { entry, plugins } = pageOf(framework)
      server = await servePage(entry, (...exchange) => void answers.route(...exchange), plugins)
      browser = await launchBrowser(['--disable-back-forward-cache'])
    })
    afterAll(async () => {
      await browser?.close()
      await server?.[Symbol.asyncDispose]()
    })

    beforeEach(async () => {
      answers = new KeptAnswers()
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
        answers.say(word)
        text += word
        await shows(text, 'streaming')
      }
      await takePicture(page, `${framework}-streaming`)
      answers.say(null)
      await shows(text, 'done')
      expect(answers.requests).toEqual(['POST /ai'])
    })

    test('Stop ends the answer on the server, and a reload does not bring it back', async () => {
      await say('Hi')
      answers.say('Once')
      await shows('Once', 'streaming')
      await press('Stop')
      await shows('Once', 'stopped')
      expect(await answers.ended).toBe('error')
      await open()
      await page.locator('output', { hasText: 'idle' }).waitFor()
      expect(answers.requests).toEqual(['POST /ai', 'DELETE /ai/key'])
    })

    test('a reload follows the answer in progress', async () => {
      await say('Hi')
      answers.say('One ')
      await shows('One', 'streaming')
      await page.reload()
      await mount()
      await shows('One', 'streaming')
      answers.say('two', null)
      await shows('One two', 'done')
      expect(answers.asked).toBe(1)
      expect(answers.requests).toEqual(['POST /ai', 'GET /ai/key'])
    })

    test('an answer continues after the page was offline', async () => {
      await say('Hi')
      answers.say('One ')
      await shows('One', 'streaming')
      await context.setOffline(true)
      answers.responses[0]?.destroy()
      answers.say('two ')
      await page.waitForTimeout(1_000)
      await shows('One', 'streaming')
      await context.setOffline(false)
      answers.say('three', null)
      await shows('One two three', 'done')
      expect(answers.asked).toBe(1)
    })

    test('an answer continues when the page comes from the back/forward cache', async () => {
      await say('Hi')
      answers.say('One ')
      await shows('One', 'streaming')
      await page.evaluate(() => {
        addEventListener('pageshow', ({ persisted }) => {
          document.title = persisted ? 'restored' : 'loaded'
        })
      })
      await page.goto(`${server.url}/elsewhere`)
      answers.say('two ')
      await page.goBack({ waitUntil: 'commit' })
      await page.waitForFunction(() => document.title === 'restored')
      answers.say('three', null)
      await shows('One two three', 'done')
      expect(answers.asked).toBe(1)
    })

    const tokens = Array.from({ length: 6_000 }, (_, number) => `${number} `)

    test('6,000 tokens in a burst are shown once per frame, in short tasks', async () => {
      const tasks = await tasksOf(browser, page, async () => {
        await page.evaluate(countChanges)
        await say('Hi')
        for (const token of tokens) {
          answers.say(token)
          await new Promise((resolve) => setImmediate(resolve))
        }
        answers.say(null)
        await shows(tokens.join('').trim(), 'done')
      })
      const { changes, frames } = await page.evaluate(() => window.counts)
      expect(changes).toBeGreaterThan(10)
      // The first one comes before its frame is counted. A page whose frames are late has a timer.
      expect(changes).toBeLessThan(frames + 5)
      expect(tasks.length).toBeGreaterThan(100)
      expect(Math.max(...tasks)).toBeLessThan(50)
    })

    test('6,000 tokens that a reload brings at once are shown in short tasks', async () => {
      answers.say(...tokens)
      await say('Hi')
      await shows('5998 5999', 'streaming')
      await page.reload()
      const tasks = await tasksOf(browser, page, async () => {
        await page.evaluate(countChanges)
        await mount()
        await shows(tokens.join('').trim(), 'streaming')
      })
      const { changes, frames } = await page.evaluate(() => window.counts)
      expect(changes).toBeLessThan(frames + 5)
      expect(tasks.length).toBeGreaterThan(10)
      expect(Math.max(...tasks)).toBeLessThan(50)
    })
  },
)

/** Counts how often the page changes, and its frames, from the first words of the answer on. */
function countChanges(): void {
  const counts = { changes: 0, frames: 0 }
  window.counts = counts
  const isShown = (): boolean => document.querySelector('p.assistant') !== null
  const observer = new MutationObserver(() => {
    if (isShown()) counts.changes++
  })
  observer.observe(document.body, { subtree: true, childList: true, characterData: true })
  const frame = (): void => {
    if (isShown()) counts.frames++
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

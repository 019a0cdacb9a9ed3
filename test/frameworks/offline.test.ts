/**
 * A page without a network for as long as a tunnel or a change of networks takes.
 */

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Chat, ChatOptions, ChatState } from '../../src/entries/client.js'
import { browserNote, browserPresent, launchBrowser, servePage } from '../support/browser.js'
import { pageOf } from '../support/frameworks.js'
import { KeptAnswers } from '../support/kept-answers.js'
import { Network } from '../support/network.js'

// A browser on a busy machine is slow.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

interface Window {
  page: {
    mount(source: Chat, root: Element | null): () => void
    createChat(options: ChatOptions): Chat
  }
  /** The states of the connection, in their order. */
  connections: ChatState['connection'][]
}
declare const window: Window & typeof globalThis

const awayMs = 25_000

/** How soon the answer continues. A connection that is silent after the return gets five seconds. */
const returnMs = { break: 5_000, silence: 15_000 }

describe.skipIf(!browserPresent)(`a page that is offline${browserNote}`, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  async function open(page: Page, url: string): Promise<void> {
    await page.goto(url)
    await page.evaluate(() => {
      const chat = window.page.createChat({
        url: '/ai',
        streamUrl: (key) => `/ai/${key}`,
        body: (messages, { key }) => ({ key, messages }),
      })
      window.connections = []
      chat.subscribe(() => {
        const { connection } = chat.getState()
        if (window.connections.at(-1) !== connection) window.connections.push(connection)
      })
      window.page.mount(chat, document.querySelector('#root'))
    })
  }

  test.concurrent.each([
    ['break', 'break', 'reconnecting'],
    ['fall silent', 'silence', 'open'],
  ] as const)(
    'an answer is whole after 25 seconds offline in its middle, when connections %s',
    async (_name, how, connection) => {
      const answers = new KeptAnswers()
      const { entry, plugins } = pageOf('react')
      const route = (...exchange: Parameters<typeof answers.route>) =>
        void answers.route(...exchange)
      await using server = await servePage(entry, route, plugins)
      await using network = await Network.to(server.url)
      await using context = await browser.newContext()
      const page = await context.newPage()
      const shows = (text: string, status: string): Promise<unknown> =>
        page.waitForFunction(
          ([expectedText, expectedStatus]) => {
            const [answer, ...others] = document.querySelectorAll<HTMLElement>('p.assistant')
            const isText = answer?.textContent === expectedText
            return others.length === 0 && isText && answer?.dataset.status === expectedStatus
          },
          [text, status],
        )

      await open(page, network.url)
      await page.getByPlaceholder('Say something').fill('Hi')
      await page.getByRole('button', { name: 'Send' }).click()
      answers.say('One ')
      await shows('One ', 'streaming')

      await context.setOffline(true)
      network[how]()
      // The time away is what this test is about.
      for (const word of ['two ', 'three ', 'four ']) {
        await page.waitForTimeout(awayMs / 3)
        answers.say(word)
      }
      await shows('One ', 'streaming')
      expect(await page.evaluate(() => window.connections.at(-1))).toBe(connection)

      const returned = performance.now()
      await context.setOffline(false)
      await shows('One two three four ', 'streaming')
      expect(performance.now() - returned).toBeLessThan(returnMs[how])
      answers.say('five', null)
      await shows('One two three four five', 'done')
      expect(await page.locator('p.user').count()).toBe(1)
      expect(answers.asked).toBe(1)
      expect(answers.requests).toEqual(['POST /ai', 'GET /ai/key'])
      expect(await page.evaluate(() => window.connections)).toEqual([
        'connecting',
        'open',
        'reconnecting',
        'open',
        'none',
      ])
    },
  )
})

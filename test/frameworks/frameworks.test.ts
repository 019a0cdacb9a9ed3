/**
 * One contract for all frameworks: the pages of `examples/frameworks`, in a document without a
 * browser, with a server in memory.
 */

import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import type { Chat, ChatOptions } from '../../src/entries/client.js'
import { bundle } from '../support/bundle.js'
import { answerOf, failureOf } from '../support/chat.js'
import { frameworks, pageOf } from '../support/frameworks.js'
import { Remote } from '../support/remote.js'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

/** It comes without types. */
interface Jsdom {
  JSDOM: new (html: string, options: object) => { window: Page }
}
interface Page extends Window {
  eval(code: string): unknown
  Event: typeof Event
  page: {
    mount(source: ChatOptions | Chat, root: Element): () => void
    createChat(options: ChatOptions): Chat
  }
}
const name: string = 'jsdom'
const { JSDOM } = (await import(name)) as Jsdom
const { Headers, TextDecoder, TextEncoder } = globalThis

const [start, hello, complete] = answerOf('Hello') as [StreamEvent, StreamEvent, StreamEvent]

describe.each(frameworks)('useStream() of %s', (framework) => {
  let code: string
  let window: Page
  let remote: Remote
  let unmount: () => void
  /** What the page has thrown. */
  let errors: unknown[]

  beforeAll(async () => {
    const { entry, plugins } = pageOf(framework)
    const built = await bundle(entry, { mode: 'development', plugins })
    code = built.code
  })

  beforeEach(() => {
    const html = '<!doctype html><div id="root"></div>'
    const options = {
      url: 'http://page.test/',
      runScripts: 'outside-only',
      pretendToBeVisual: true,
    }
    ;({ window } = new JSDOM(html, options))
    Object.assign(window, { Headers, TextDecoder, TextEncoder })
    errors = []
    window.addEventListener('error', ({ error }) => errors.push(error))
    // Modules are strict.
    window.eval(`(() => { "use strict"; ${code} })()`)
    remote = new Remote()
  })

  afterEach(() => {
    unmount()
    window.close()
    expect(errors).toEqual([])
  })

  const options = (more: Partial<ChatOptions> = {}): ChatOptions => {
    return { url: '/ai', fetch: remote.fetch, ...more }
  }
  const root = (): Element => window.document.querySelector('#root') as Element

  function open(source: ChatOptions | Chat = options()): void {
    unmount = window.page.mount(source, root())
  }

  /** The messages on the page, such as `user Hi done`. */
  function shown(): string[] {
    return [...window.document.querySelectorAll('p')].map((element) =>
      [element.className, element.textContent, element.dataset.status].filter(Boolean).join(' '),
    )
  }

  const shows = (...expected: string[]): Promise<void> =>
    vi.waitFor(() => expect(shown()).toEqual(expected), { timeout: 5_000 })
  const status = (expected: string): Promise<void> =>
    vi.waitFor(() => expect(window.document.querySelector('output')?.textContent).toBe(expected))

  async function say(text: string): Promise<void> {
    await vi.waitFor(() => expect(window.document.querySelector('input')).not.toBeNull())
    const input = window.document.querySelector('input') as HTMLInputElement
    // React replaces the setter of its inputs.
    const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), 'value')?.set
    setter?.call(input, text)
    input.dispatchEvent(new window.Event('input', { bubbles: true }))
    press('Send')
  }

  function press(label: string): void {
    const buttons = [...window.document.querySelectorAll('button')]
    buttons.find(({ textContent }) => textContent === label)?.click()
  }

  test('an answer grows on the page until it is whole', async () => {
    open()
    await say('Hi')
    await shows('user Hi sending')
    await status('submitted')
    remote.last.begin().send(start, hello)
    await shows('user Hi done', 'assistant Hello streaming')
    remote.last.send(complete)
    await shows('user Hi done', 'assistant Hello done')
    await status('idle')
    expect(remote.exchanges).toHaveLength(1)
  })

  test('what is said meanwhile is shown, and sent afterwards', async () => {
    open()
    await say('One')
    await say('Two')
    await shows('user One sending', 'queued Two')
    remote.last.begin().send(...answerOf('re One'))
    await shows('user One done', 'assistant re One done', 'user Two sending')
    expect(remote.exchanges).toHaveLength(2)
  })

  test('a failure is shown until the answer is requested again', async () => {
    open()
    await say('Hi')
    remote.last.begin().send(start, hello, failureOf('Hello'))
    await shows('user Hi done', 'assistant Hello failed')
    const alert = (): string | undefined =>
      window.document.querySelector('[role=alert]')?.textContent ?? undefined
    expect(alert()).toBe('The model is overloaded. Try again later.')
    press('Try again')
    await shows('user Hi sending')
    expect(alert()).toBeUndefined()
    remote.last.begin().send(start, hello, complete)
    await shows('user Hi done', 'assistant Hello done')
    press('Regenerate')
    remote.last.begin().send(...answerOf('Another'))
    await shows('user Hi done', 'assistant Another done')
  })

  test('an answer that is stopped stays on the page, marked', async () => {
    open()
    await say('Hi')
    remote.last.begin().send(start, hello)
    await shows('user Hi done', 'assistant Hello streaming')
    press('Stop')
    await shows('user Hi done', 'assistant Hello stopped')
    expect(remote.last.left).toBe(true)
  })

  test('a page follows an answer in progress once', async () => {
    open(options({ follow: '/ai/1', initialMessages: [{ role: 'user', content: 'Hi' }] }))
    await vi.waitFor(() => expect(remote.exchanges).toHaveLength(1))
    remote.last.begin().send(start, hello, complete)
    await shows('user Hi done', 'assistant Hello done')
    expect(remote.exchanges.map(({ url }) => url)).toEqual(['/ai/1'])
  })

  test.each([
    ['before the response', 0],
    ['after the start', 1],
    ['in the middle of the answer', 2],
    ['after its end', 3],
  ])('unmounting %s closes the connection and throws nothing', async (_name, count) => {
    open()
    await say('Hi')
    await shows('user Hi sending')
    if (count > 0) remote.last.begin().send(...[start, hello, complete].slice(0, count))
    if (count > 1) await vi.waitFor(() => expect(shown().length).toBe(2))
    unmount()
    await vi.waitFor(() => expect(remote.last.left || count === 3).toBe(true))
    if (count > 0 && count < 3 && !remote.last.left) remote.last.send(complete)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(root().textContent).toBe('')
    expect(remote.exchanges).toHaveLength(1)
  })

  test('a conversation that the page was given goes on while nothing shows it', async () => {
    const chat = window.page.createChat(options())
    open(chat)
    await say('Hi')
    remote.last.begin().send(start, hello)
    await shows('user Hi done', 'assistant Hello streaming')
    unmount()
    remote.last.send(complete)
    await vi.waitFor(() => expect(chat.getState().status).toBe('idle'))
    expect(root().textContent).toBe('')
    open(chat)
    await shows('user Hi done', 'assistant Hello done')
    await say('More')
    await shows('user Hi done', 'assistant Hello done', 'user More sending')
    chat.destroy()
  })
})

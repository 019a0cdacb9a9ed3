/**
 * Pages of Vue, Svelte and Solid that a server has rendered and a browser hydrates, in a document
 * without a browser. `test/react/server-rendering.test.tsx` has those of React.
 */

import { fileURLToPath } from 'node:url'
import { createComponent } from 'solid-js'
import { generateHydrationScript, renderToString as renderSolid } from 'solid-js/web'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createSSRApp } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import { svelte } from '../../examples/frameworks/svelte-plugin.js'
import type { StreamEvent } from '../../src/base/events.js'
import { type Chat, type ChatOptions, createChat } from '../../src/entries/client.js'
import { bundle } from '../support/bundle.js'
import { answerOf } from '../support/chat.js'
import { Remote } from '../support/remote.js'
import { svelteRenderer } from '../support/render-svelte.js'
import { Page as SolidPage } from './hydrated/solid.js'
import { Page as VuePage } from './hydrated/vue.js'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

/** It comes without types. */
interface Jsdom {
  JSDOM: new (html: string, options: object) => { window: Page }
}
interface Page extends Omit<Window, 'page'> {
  eval(code: string): unknown
  console: Console
  page: {
    hydrate(source: Chat, root: Element): () => void
    createChat(options: ChatOptions): Chat
  }
}
const name: string = 'jsdom'
const { JSDOM } = (await import(name)) as Jsdom
const { Headers, TextDecoder, TextEncoder } = globalThis

/** Vue warns without them. */
const flags = {
  __VUE_OPTIONS_API__: true,
  __VUE_PROD_DEVTOOLS__: false,
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: true,
}

const [start, hello, complete] = answerOf('Hello') as [StreamEvent, StreamEvent, StreamEvent]

const renderers = {
  vue: (chat: Chat) => renderVue(createSSRApp(VuePage, { source: chat })),
  svelte: async (chat: Chat) => (await svelteRenderer())(chat),
  solid: (chat: Chat) => renderSolid(() => createComponent(SolidPage, { source: chat })),
}

describe.each(['vue', 'svelte', 'solid'] as const)('a page of %s', (framework) => {
  let code: string
  let html: string
  let window: Page
  let remote: Remote
  let chat: Chat
  let unmount: () => void
  /** What the framework reports, such as HTML that differs, and what the page throws. */
  let problems: unknown[]

  const options = (): ChatOptions => {
    const initialMessages = [{ id: 'a', role: 'user', content: 'Hi' }] as const
    return { url: '/ai', fetch: remote.fetch, initialMessages }
  }

  beforeAll(async () => {
    const entry = fileURLToPath(new URL(`hydrated/${framework}-page.ts`, import.meta.url))
    const built = await bundle(entry, { mode: 'development', plugins: [svelte()] })
    code = built.code
    remote = new Remote()
    html = await renderers[framework](createChat(options()))
  })

  beforeEach(() => {
    problems = []
    const script = framework === 'solid' ? generateHydrationScript() : ''
    const document = `<!doctype html>${script}<div id="root">${html}</div>`
    ;({ window } = new JSDOM(document, {
      url: 'http://page.test/',
      runScripts: 'dangerously',
      pretendToBeVisual: true,
    }))
    Object.assign(window, { Headers, TextDecoder, TextEncoder, ...flags })
    window.addEventListener('error', ({ error }) => problems.push(error))
    for (const level of ['warn', 'error'] as const) {
      window.console[level] = (...words: unknown[]) => void problems.push(words)
    }
    // Modules are strict.
    window.eval(`(() => { "use strict"; ${code} })()`)
    remote = new Remote()
    chat = window.page.createChat(options())
  })

  afterEach(() => {
    unmount()
    chat.destroy()
    window.close()
    expect(problems).toEqual([])
  })

  const paragraphs = (): Element[] => [...window.document.querySelectorAll('p')]
  const shown = (): unknown[] => paragraphs().map(({ textContent }) => textContent)
  const status = (): unknown => window.document.querySelector('output')?.textContent
  const shows = (...expected: string[]): Promise<void> =>
    vi.waitFor(() => expect([...shown(), status()]).toEqual(expected), { timeout: 5_000 })

  function hydrate(): void {
    unmount = window.page.hydrate(chat, window.document.querySelector('#root') as Element)
  }

  test('is hydrated in place, and an answer grows on it', async () => {
    const [rendered] = paragraphs()
    expect(shown()).toEqual(['Hi'])
    hydrate()
    await shows('Hi', 'idle')
    expect(remote.exchanges).toHaveLength(0)
    chat.send('More')
    await shows('Hi', 'More', 'submitted')
    remote.last.begin().send(start, hello)
    await shows('Hi', 'More', 'Hello', 'streaming')
    remote.last.send(complete)
    await shows('Hi', 'More', 'Hello', 'idle')
    expect(paragraphs()[0]).toBe(rendered)
    expect(remote.exchanges).toHaveLength(1)
  })

  test('is hydrated in place while an answer is in progress', async () => {
    const [rendered] = paragraphs()
    chat.send('More')
    remote.last.begin().send(start, hello)
    await vi.waitFor(() => expect(chat.getState().status).toBe('streaming'))
    hydrate()
    await shows('Hi', 'More', 'Hello', 'streaming')
    expect(paragraphs()[0]).toBe(rendered)
    remote.last.send(complete)
    await shows('Hi', 'More', 'Hello', 'idle')
    expect(remote.exchanges).toHaveLength(1)
  })
})

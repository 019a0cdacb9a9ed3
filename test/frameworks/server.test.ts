/**
 * Pages of each framework that are rendered on a server, where nothing is requested.
 */

import { createElement } from 'react'
import { renderToString as renderReact } from 'react-dom/server'
import { renderToString as renderSolid, ssr } from 'solid-js/web'
import { beforeEach, expect, test } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import {
  type Chat,
  type ChatOptions,
  type ChatState,
  createChat,
} from '../../src/entries/client.js'
import { useStream as useReact } from '../../src/entries/react.js'
import { useStream as useSolid } from '../../src/entries/solid.js'
import { useStream as useVue } from '../../src/entries/vue.js'
import { Remote } from '../support/remote.js'
import { svelteRenderer } from '../support/render-svelte.js'

let remote = new Remote()

beforeEach(() => {
  remote = new Remote()
})

function options(): ChatOptions {
  const initialMessages = [{ id: 'a', role: 'user', content: 'Hello' }] as const
  return { url: '/ai', fetch: remote.fetch, follow: '/ai/1', keep: 'a', initialMessages }
}

function textOf({ messages }: Pick<ChatState, 'messages'>): string {
  return JSON.stringify(messages[0]?.content).slice(1, -1)
}

const svelte = svelteRenderer()

const renderers: Record<string, (source: ChatOptions | Chat) => string | Promise<string>> = {
  react(source) {
    const Page = () => createElement('p', null, textOf(useReact(source)))
    return renderReact(createElement(Page))
  },
  vue(source) {
    const Page = defineComponent(() => {
      const { messages } = useVue(source)
      return () => h('p', textOf({ messages: messages.value }))
    })
    return renderVue(createSSRApp(Page))
  },
  svelte: async (source) => (await svelte)(source),
  solid: (source) => renderSolid(() => ssr(['<p>', '</p>'], textOf(useSolid(source))) as never),
}

test.each(Object.entries(renderers))(
  'a server renders the messages in %s, and requests nothing',
  async (_name, render) => {
    const chat = createChat(options())
    for (const source of [options(), chat]) expect(await render(source)).toContain('>Hello<')
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(remote.exchanges).toEqual([])
  },
)

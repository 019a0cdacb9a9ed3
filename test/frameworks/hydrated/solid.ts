/**
 * A conversation in Solid, which a server renders and a browser hydrates. In place of JSX, it has
 * what Solid's compiler makes of it for a server and for a browser.
 */

import { createComponent, For, type JSX } from 'solid-js'
import {
  escape,
  getNextElement,
  getNextMarker,
  hydrate as hydrateComponent,
  insert,
  isServer,
  ssr,
  ssrHydrationKey,
  template,
} from 'solid-js/web'
import { textOf } from '../../../examples/frameworks/text-of.js'
import type { Chat, ChatMessage } from '../../../src/entries/client.js'
import { useStream } from '../../../src/entries/solid.js'

export function Page({ source }: { source: Chat }): JSX.Element {
  const chat = useStream(source)
  const list = () =>
    createComponent(For<readonly ChatMessage[], JSX.Element>, {
      get each() {
        return chat.messages
      },
      children: (message) => Bubble({ text: textOf(message) }),
    })
  if (isServer) {
    const parts = ['<main', '><!--$-->', '<!--/--><output>', '</output></main>']
    const values = [ssrHydrationKey(), escape(list() as never), escape(chat.status)]
    return ssr(parts, ...values) as never
  }
  const main = getNextElement(page())
  const [end, current] = getNextMarker(main.firstChild?.nextSibling as Node)
  insert(main, list(), end, current as never)
  insert(main.lastChild as Element, () => chat.status)
  return main
}

function Bubble({ text }: { text: string }): JSX.Element {
  if (isServer) return ssr(['<p', '>', '</p>'], ssrHydrationKey(), escape(text)) as never
  const bubble = getNextElement(paragraph())
  insert(bubble, text)
  return bubble
}

const page = () => template('<main><!$><!/><output>')
const paragraph = () => template('<p>')

export function hydrate(source: Chat, root: Element): () => void {
  return hydrateComponent(() => createComponent(Page, { source }), root)
}

/** A conversation in Vue, which a server renders and a browser hydrates. */

import { createSSRApp, defineComponent, h } from 'vue'
import { textOf } from '../../../examples/frameworks/text-of.js'
import type { Chat } from '../../../src/entries/client.js'
import { useStream } from '../../../src/entries/vue.js'

export const Page = defineComponent(
  ({ source }: { source: Chat }) => {
    const { messages, status } = useStream(source)
    return () =>
      h('main', [
        messages.value.map((message) => h('p', { key: message.id }, textOf(message))),
        h('output', status.value),
      ])
  },
  { props: ['source'] },
)

export function hydrate(source: Chat, root: Element): () => void {
  const app = createSSRApp(Page, { source })
  app.mount(root)
  return () => app.unmount()
}

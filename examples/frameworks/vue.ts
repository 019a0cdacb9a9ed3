/** The chat in Vue, with a render function, so that it needs no compiler. */

import type { Chat, ChatOptions } from 'sluice/client'
import { useStream } from 'sluice/vue'
import { createApp, defineComponent, h, ref } from 'vue'
import { inputOf, textOf } from './text-of.ts'

const Conversation = defineComponent(
  ({ source }: { source: ChatOptions | Chat }) => {
    const { messages, status, error, queue, ...actions } = useStream(source)
    const text = ref('')
    const submit = (event: Event): void => {
      event.preventDefault()
      actions.enqueue(text.value)
      text.value = ''
    }
    const typed = (event: Event): void => {
      text.value = (event.target as HTMLInputElement).value
    }
    return () =>
      h('main', [
        messages.value.map((message) => {
          const { id, role } = message
          return h('p', { key: id, class: role, 'data-status': message.status }, textOf(message))
        }),
        queue.value.map(({ id, input }) => h('p', { key: id, class: 'queued' }, inputOf(input))),
        h('output', status.value),
        error.value && h('strong', { role: 'alert' }, error.value.publicMessage),
        h('form', { onSubmit: submit }, [
          h('input', { placeholder: 'Say something', value: text.value, onInput: typed }),
          h('button', 'Send'),
        ]),
        h('button', { onClick: actions.stop }, 'Stop'),
        h('button', { onClick: actions.retry }, 'Try again'),
        h('button', { onClick: () => actions.regenerate() }, 'Regenerate'),
      ])
  },
  { props: ['source'] },
)

/** @returns the function that removes it */
export function mount(source: ChatOptions | Chat, root: Element): () => void {
  const app = createApp(Conversation, { source })
  app.mount(root)
  return () => app.unmount()
}

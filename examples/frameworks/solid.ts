/** The chat in Solid, with functions in place of JSX, so that it needs no compiler. */

import type { Chat, ChatMessage, ChatOptions, QueuedInput } from 'sluice/client'
import { useStream } from 'sluice/solid'
import { createSignal, For, type JSX, Show } from 'solid-js'
import h from 'solid-js/h'
import { render } from 'solid-js/web'
import { inputOf, textOf } from './text-of.ts'

function Conversation({ source }: { source: ChatOptions | Chat }): JSX.Element {
  const chat = useStream(source)
  const [text, setText] = createSignal('')
  const submit = (event: Event): void => {
    event.preventDefault()
    chat.enqueue(text())
    setText('')
  }
  const typed = ({ target }: Event): void => {
    setText((target as HTMLInputElement).value)
  }
  const bubble = (message: ChatMessage): unknown =>
    h('p', { class: message.role, 'data-status': message.status }, textOf(message))
  const queued = ({ input }: QueuedInput): unknown => h('p', { class: 'queued' }, inputOf(input))
  return h('main', [
    h(For, { each: () => chat.messages }, bubble),
    h(For, { each: () => chat.queue }, queued),
    h('output', () => chat.status),
    h(Show, { when: () => chat.error }, () =>
      h('strong', { role: 'alert' }, () => chat.error?.publicMessage),
    ),
    h('form', { onsubmit: submit }, [
      h('input', { placeholder: 'Say something', value: text, oninput: typed }),
      h('button', 'Send'),
    ]),
    h('button', { onclick: chat.stop }, 'Stop'),
    h('button', { onclick: chat.retry }, 'Try again'),
    h('button', { onclick: () => chat.regenerate() }, 'Regenerate'),
  ]) as unknown as JSX.Element
}

/** @returns the function that removes it */
export function mount(source: ChatOptions | Chat, root: Element): () => void {
  return render(() => Conversation({ source }), root)
}

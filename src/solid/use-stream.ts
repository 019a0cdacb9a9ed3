/**
 * The Solid primitive.
 *
 * @module
 */

import { createSignal, onCleanup, onMount, sharedConfig } from 'solid-js'
import { actionsOf, type Chat, createChat, isChat } from '../chat/create-chat.js'
import type { ChatOptions } from '../chat/options.js'
import type { ChatActions, ChatState } from '../chat/state.js'

/**
 * Holds a conversation with a route that answers with `sse()`. The fields are reactive where they
 * are read: `chat.messages`, not `const { messages } = chat`. They change at most once per frame
 * during an answer.
 *
 * @param source - options for a conversation that ends with its owner, or one that `createChat()` has
 * created, which lives on
 * @throws TypeError for an invalid option
 * @example
 * ```tsx
 * const chat = useStream({ url: '/ai' })
 * return <For each={chat.messages}>{(message) => <Bubble message={message} />}</For>
 * ```
 */
export function useStream(source: ChatOptions | Chat): Readonly<ChatState> & ChatActions {
  const chat = isChat(source) ? source : createChat(source)
  // A browser that hydrates expects what the server has rendered.
  const isHydrated = sharedConfig.context !== undefined
  const [state, setState] = createSignal(isHydrated ? chat.getServerState() : chat.getState())
  // Not called on a server.
  onMount(() => {
    onCleanup(chat.subscribe(() => setState(() => chat.getState())))
    setState(() => chat.getState())
  })
  if (chat !== source) onCleanup(() => chat.destroy())
  const fields = Object.keys(chat.getState()).map((name) => {
    return [name, { get: () => state()[name as keyof ChatState], enumerable: true }] as const
  })
  return Object.defineProperties(
    actionsOf(chat) as Readonly<ChatState> & ChatActions,
    Object.fromEntries(fields),
  )
}

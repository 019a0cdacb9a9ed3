/**
 * The state of a conversation for Svelte.
 *
 * @module
 */

import { onDestroy } from 'svelte'
import { createSubscriber } from 'svelte/reactivity'
import { actionsOf, type Chat, createChat, isChat } from '../chat/create-chat.js'
import type { ChatOptions } from '../chat/options.js'
import type { ChatActions, ChatState } from '../chat/state.js'

/**
 * Holds a conversation with a route that answers with `sse()`. The fields are reactive where they
 * are read: `chat.messages`, not `const { messages } = chat`. They change at most once per frame
 * during an answer.
 *
 * @param source - options for a conversation that ends with its component, or one that
 * `createChat()` has created, which lives on
 * @throws TypeError for an invalid option
 * @example
 * ```svelte
 * <script>
 * const chat = useStream({ url: '/ai' })
 * </script>
 * {#each chat.messages as message (message.id)}<Bubble {message} />{/each}
 * ```
 */
export function useStream(source: ChatOptions | Chat): Readonly<ChatState> & ChatActions {
  const chat = isChat(source) ? source : createChat(source)
  if (chat !== source) onDestroy(() => chat.destroy())
  let seen: ChatState | undefined
  const depend = createSubscriber((update) => {
    const unsubscribe = chat.subscribe(update)
    // It may have changed between the first read and the first effect.
    if (chat.getState() !== seen) update()
    return unsubscribe
  })
  const fields = Object.keys(chat.getState()).map((name) => {
    const get = (): unknown => {
      depend()
      seen = chat.getState()
      return seen[name as keyof ChatState]
    }
    return [name, { get, enumerable: true }] as const
  })
  return Object.defineProperties(
    actionsOf(chat) as Readonly<ChatState> & ChatActions,
    Object.fromEntries(fields),
  )
}

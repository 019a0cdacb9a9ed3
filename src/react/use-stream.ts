/**
 * The React hook.
 *
 * @module
 */

import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { actionsOf, type Chat, isChat } from '../chat/create-chat.js'
import type { ChatOptions } from '../chat/options.js'
import type { ChatActions, ChatState } from '../chat/state.js'
import { ChatStore } from '../chat/store.js'

/**
 * Holds a conversation with a route that answers with `sse()`.
 *
 * The component renders at most once per frame, however fast tokens arrive. A restart removes the
 * discarded text. Lost connections are restored as by `connect()`. Unmounting closes the connection
 * at once.
 *
 * The options may change between renders; those of the last render apply. For another conversation,
 * change the `key` of the component.
 *
 * @param source - options for a conversation that lives as long as the component, or one that
 * `createChat()` has created, which lives on: unmounting ends a subscription only
 * @throws TypeError for an invalid option
 *
 * @example
 * ```tsx
 * function Chat() {
 *   const { messages, status, error, send, stop, retry } = useStream({ url: '/ai/unified' })
 *   return (
 *     <main>
 *       {messages.map((message, index) => <Bubble key={index} message={message} />)}
 *       {status === 'error' && <button onClick={retry}>{error?.toJSON().message} Try again</button>}
 *       <Prompt onSend={send} onStop={stop} busy={status === 'submitted' || status === 'streaming'} />
 *     </main>
 *   )
 * }
 * ```
 */
export function useStream(source: ChatOptions | Chat): ChatState & ChatActions {
  const given = isChat(source) ? source : undefined
  const [own] = useState(() => (isChat(source) ? undefined : new ChatStore(source)))
  const chat = given ?? own
  if (chat === undefined) {
    throw new TypeError('useStream() was called with a conversation before, and now with options.')
  }
  const state = useSyncExternalStore(chat.subscribe, chat.getState, chat.getServerState)
  useEffect(() => {
    if (!isChat(source)) own?.setOptions(source)
  })
  useEffect(() => own?.mount(), [own])
  const actions = useMemo(() => actionsOf(chat), [chat])
  return { ...state, ...actions }
}

/**
 * The React hook.
 *
 * @module
 */

import { useEffect, useState, useSyncExternalStore } from 'react'
import type { StreamActions, StreamState, UseStreamOptions } from './options.js'
import { StreamStore } from './store.js'

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
export function useStream(options: UseStreamOptions): StreamState & StreamActions {
  const [store] = useState(() => new StreamStore(options))
  const state = useSyncExternalStore(store.subscribe, store.getState, store.getState)
  useEffect(() => {
    store.options = options
  })
  const follow = options.follow?.toString()
  useEffect(() => store.mount(follow), [store, follow])
  const { send, approve, retry, stop, setMessages } = store
  return { ...state, send, approve, retry, stop, setMessages }
}

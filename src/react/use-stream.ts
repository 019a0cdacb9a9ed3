/**
 * The hook.
 *
 * @module
 */

import { useEffect, useState, useSyncExternalStore } from 'react'
import type { StreamActions, StreamState, UseStreamOptions } from './options.js'
import { StreamStore } from './store.js'

/**
 * A conversation with a route that answers with `sse()`.
 *
 * A component renders once a frame at most, however fast the tokens come. A restart takes the text back that it voids. Connections that
 * are lost are made again as `connect` does it. Unmounting closes the connection at once.
 *
 * The options may change from render to render, and those of the last render count; for another conversation, give the component
 * another `key`.
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
  const { send, retry, stop, setMessages } = store
  return { ...state, send, retry, stop, setMessages }
}

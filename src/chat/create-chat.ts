/**
 * A conversation on a page, for any framework and for none.
 *
 * @module
 */

import type { ChatOptions } from './options.js'
import type { ChatActions, ChatState } from './state.js'
import { ChatStore } from './store.js'

/** A conversation on a page. */
export interface Chat extends ChatActions {
  /** The state, the same object until it changes. */
  getState(): ChatState
  /**
   * The state before the first subscriber and the first request, which is what a server renders. The
   * browser needs it to hydrate a component while an answer is in progress.
   */
  getServerState(): ChatState
  /**
   * Calls back after each change of the state. With the first subscriber, the conversation looks for
   * an answer in progress: see `follow` and `keep`. Without subscribers, an answer continues.
   *
   * @returns the function that ends the subscription
   */
  subscribe(listener: () => void): () => void
  /** Replaces the options, for what is sent from now on. */
  setOptions(options: ChatOptions): void
  /** Closes the connection, and ends the answer in progress here, but not on the server. */
  destroy(): void
}

/**
 * Creates a conversation with a route that answers with `sse()`. Nothing is sent before the first
 * action, and nothing of a browser is used before the first subscriber, so it can be created while a
 * server renders.
 *
 * It lives until `destroy()`, whether or not a component shows it: an answer continues while its
 * page is left and come back to.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const chat = createChat({ url: '/ai' })
 * chat.subscribe(() => render(chat.getState()))
 * chat.send('Hello')
 * ```
 */
export function createChat(options: ChatOptions): Chat {
  return new ChatStore(options)
}

/** Whether the argument of a framework's function is a conversation, not options for a new one. */
export function isChat(source: ChatOptions | Chat): source is Chat {
  return 'subscribe' in source
}

const actions: Record<keyof ChatActions, true> = {
  send: true,
  enqueue: true,
  dequeue: true,
  stop: true,
  retry: true,
  regenerate: true,
  edit: true,
  switchBranch: true,
  approve: true,
  setMessages: true,
  clear: true,
  follow: true,
}

/** The actions alone. */
export function actionsOf(chat: Chat): ChatActions {
  const names = Object.keys(actions) as (keyof ChatActions)[]
  return Object.fromEntries(names.map((name) => [name, chat[name]])) as unknown as ChatActions
}

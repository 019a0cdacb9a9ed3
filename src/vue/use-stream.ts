/**
 * The Vue composable.
 *
 * @module
 */

import {
  type ComputedRef,
  computed,
  getCurrentInstance,
  onMounted,
  onScopeDispose,
  shallowRef,
} from 'vue'
import { actionsOf, type Chat, createChat, isChat } from '../chat/create-chat.js'
import type { ChatOptions } from '../chat/options.js'
import type { ChatActions, ChatState } from '../chat/state.js'

/** The state as refs, one for each field. */
export type ChatRefs = { readonly [Name in keyof ChatState]: ComputedRef<ChatState[Name]> }

/**
 * Holds a conversation with a route that answers with `sse()`. The refs change at most once per
 * frame during an answer.
 *
 * @param source - options for a conversation that ends with its component or scope, or one that
 * `createChat()` has created, which lives on
 * @throws TypeError for an invalid option
 * @example
 * ```vue
 * <script setup>
 * const { messages, send, stop } = useStream({ url: '/ai' })
 * </script>
 * ```
 */
export function useStream(source: ChatOptions | Chat): ChatRefs & ChatActions {
  const chat = isChat(source) ? source : createChat(source)
  const component = getCurrentInstance()
  // A browser has the HTML of the server before it renders a component.
  const isHydrated = component !== null && component.vnode.el !== null
  const state = shallowRef(isHydrated ? chat.getServerState() : chat.getState())
  const update = (): void => {
    state.value = chat.getState()
  }
  let unsubscribe = (): void => {}
  const listen = (): void => {
    unsubscribe = chat.subscribe(update)
    update()
  }
  // Components are not mounted on a server.
  if (component === null) listen()
  else onMounted(listen)
  onScopeDispose(() => {
    unsubscribe()
    if (chat !== source) chat.destroy()
  })
  const names = Object.keys(state.value) as (keyof ChatState)[]
  const refs = names.map((name) => [name, computed(() => state.value[name])])
  return { ...(Object.fromEntries(refs) as ChatRefs), ...actionsOf(chat) }
}

/** The chat in Svelte 5: `conversation.svelte`. */

import type { Chat, ChatOptions } from 'sluice/client'
import { mount as mountComponent, unmount } from 'svelte'
import Conversation from './conversation.svelte'

/** @returns the function that removes it */
export function mount(source: ChatOptions | Chat, root: Element): () => void {
  const component = mountComponent(Conversation, { target: root, props: { source } })
  return () => void unmount(component)
}

/** The conversation of the example in Svelte, which a server has rendered. */

import { type Chat, createChat } from 'sluice/client'
import { hydrate as hydrateComponent, unmount } from 'svelte'
import Conversation from '../../../examples/frameworks/conversation.svelte'

function hydrate(source: Chat, root: Element): () => void {
  const component = hydrateComponent(Conversation, { target: root, props: { source } })
  return () => void unmount(component)
}

Object.assign(globalThis, { page: { hydrate, createChat } })

/**
 * The conversations of this browser.
 */

import type { Conversations } from '../hooks/use-conversations.ts'
import { ConversationItem } from './conversation-item.tsx'
import { Icon } from './icon.tsx'

export interface SidebarProps {
  conversations: Conversations
  currentId: string
  onOpen: (id: string) => void
  onNew: () => void
  onRemoved: (id: string) => void
}

export function Sidebar({ conversations, currentId, onOpen, onNew, onRemoved }: SidebarProps) {
  const { list, problem, rename, remove } = conversations
  return (
    <nav className="sidebar" aria-label="Chats">
      <button type="button" className="button new-chat" onClick={onNew}>
        <Icon name="plus" />
        New chat
      </button>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {list?.length === 0 && <p className="hint">Your chats will be listed here.</p>}
      <ul>
        {list?.map((conversation) => (
          <ConversationItem
            key={conversation.id}
            conversation={conversation}
            isCurrent={conversation.id === currentId}
            onOpen={() => onOpen(conversation.id)}
            onRename={(title) => void rename(conversation.id, title)}
            onRemove={() => {
              onRemoved(conversation.id)
              void remove(conversation.id)
            }}
          />
        ))}
      </ul>
    </nav>
  )
}

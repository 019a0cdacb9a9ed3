/**
 * A conversation, once the server has answered what it knows of it.
 */

import { useEffect, useState } from 'react'
import { type History, readConversation } from '../chat/api.ts'
import { findChat } from '../chat/open-chat.ts'
import { loadMarkdown } from '../markdown/lazy-markdown.tsx'
import { ChatView, type ChatViewProps } from './chat-view.tsx'

export interface ConversationProps extends Omit<ChatViewProps, 'history'> {
  isNew: boolean
}

const empty: History = { messages: [] }

export function Conversation({ isNew, ...props }: ConversationProps) {
  const { id } = props
  const [history, setHistory] = useState(isNew || findChat(id) !== undefined ? empty : undefined)
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    if (history !== undefined || hasFailed) return undefined
    let isCurrent = true
    // Together, so that the text is not plain for a moment, and then of another height.
    Promise.all([readConversation(id), loadMarkdown()])
      .then(([found]) => isCurrent && setHistory(found))
      .catch(() => isCurrent && setFailed(true))
    return () => {
      isCurrent = false
    }
  }, [id, history, hasFailed])
  if (history !== undefined) return <ChatView {...props} history={history} />
  if (!hasFailed) return <div className="thread" aria-busy="true" />
  return (
    <div className="thread unloaded" role="alert">
      <p>This chat cannot be loaded.</p>
      <button type="button" className="button" onClick={() => setFailed(false)}>
        Try again
      </button>
    </div>
  )
}

/**
 * All messages of a conversation, and where the reader is in them.
 */

import { type ReactNode, useMemo, useRef } from 'react'
import { callsByMessage } from '../chat/message-parts.ts'
import type { ShownChat } from '../chat/types.ts'
import { useFollowEnd } from '../hooks/use-follow-end.ts'
import { IconButton } from './icon-button.tsx'
import { MessageItem } from './message.tsx'
import type { MessageActions } from './message-props.ts'

export interface ThreadProps {
  chat: ShownChat
  actions: MessageActions
  /** What stands below the messages. */
  children: ReactNode
  /** What stands over them. */
  overlay: ReactNode
}

export function Thread({ chat, actions, children, overlay }: ThreadProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const { messages, calls, isBusy, isEarlier, branches } = chat
  const { isAtEnd, scrollToEnd } = useFollowEnd(scroller, messages.length > 0)
  const byMessage = useMemo(() => callsByMessage(messages, calls), [messages, calls])
  // What tools have returned is shown with their calls.
  const shown = messages.filter(({ role }) => role === 'user' || role === 'assistant')
  return (
    <div className="thread">
      {/* Scrolls by the keyboard. oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="scroller" ref={scroller} tabIndex={0} role="region" aria-label="Chat">
        <div className="column">
          <div className="messages" role="log" aria-label="Messages" aria-busy={isBusy}>
            {shown.map((message, index) => (
              <MessageItem
                key={message.id}
                message={message}
                calls={byMessage.get(message.id) ?? none}
                branch={branches[message.id]}
                isContinued={message.role === 'assistant' && shown[index + 1]?.role === 'assistant'}
                isIdle={!isBusy}
                isEarlier={isEarlier}
                actions={actions}
              />
            ))}
          </div>
          {children}
        </div>
      </div>
      {!isAtEnd && (
        <IconButton
          icon="arrowDown"
          label="Jump to the newest"
          className="jump"
          onClick={scrollToEnd}
        />
      )}
      {overlay}
    </div>
  )
}

const none: readonly never[] = []

/**
 * What is sent once the answer in progress is whole.
 */

import type { QueuedInput } from 'sluice/react'
import { textOf } from '../chat/message-parts.ts'
import { IconButton } from './icon-button.tsx'

export interface QueueProps {
  queue: readonly QueuedInput[]
  /** An answer is in progress. After one that was stopped, the queue waits. */
  isBusy: boolean
  onRemove: (id: string) => void
  onSend: (item: QueuedInput) => void
}

export function Queue({ queue, isBusy, onRemove, onSend }: QueueProps) {
  if (queue.length === 0) return null
  return (
    <ul className="queue" aria-label="Waiting to be sent">
      {queue.map((item) => (
        <li key={item.id}>
          <span className="queue-label">Next</span>
          <span className="queue-text">{textIn(item.input)}</span>
          {!isBusy && (
            <IconButton icon="arrowUp" label="Send it now" onClick={() => onSend(item)} />
          )}
          <IconButton icon="close" label="Do not send it" onClick={() => onRemove(item.id)} />
        </li>
      ))}
    </ul>
  )
}

/** This page sends whole messages only. */
function textIn(input: QueuedInput['input']): string {
  return (typeof input === 'object' && 'role' in input && textOf(input)) || 'An image'
}

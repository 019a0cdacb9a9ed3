/**
 * What is sent once the answer in progress is whole.
 */

import type { QueuedInput } from 'sluice/react'
import { textOf } from '../chat/message-parts.ts'
import { IconButton } from './icon-button.tsx'

export interface QueueProps {
  queue: readonly QueuedInput[]
  onRemove: (id: string) => void
}

export function Queue({ queue, onRemove }: QueueProps) {
  if (queue.length === 0) return null
  return (
    <ul className="queue" aria-label="Waiting to be sent">
      {queue.map(({ id, input }) => (
        <li key={id}>
          <span className="queue-label">Next</span>
          <span className="queue-text">{textIn(input)}</span>
          <IconButton icon="close" label="Do not send it" onClick={() => onRemove(id)} />
        </li>
      ))}
    </ul>
  )
}

/** This page sends whole messages only. */
function textIn(input: QueuedInput['input']): string {
  if (typeof input !== 'object' || !('role' in input)) return String(input)
  return textOf(input) || 'An image'
}

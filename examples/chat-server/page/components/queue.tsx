/**
 * What is sent once the answer in progress is whole.
 */

import type { QueuedMessage } from '../chat/use-chat.ts'
import { IconButton } from './icon-button.tsx'

export interface QueueProps {
  queue: readonly QueuedMessage[]
  onRemove: (id: string) => void
}

export function Queue({ queue, onRemove }: QueueProps) {
  if (queue.length === 0) return null
  return (
    <ul className="queue" aria-label="Waiting to be sent">
      {queue.map(({ id, text }) => (
        <li key={id}>
          <span className="queue-label">Next</span>
          <span className="queue-text">{text}</span>
          <IconButton icon="close" label="Do not send it" onClick={() => onRemove(id)} />
        </li>
      ))}
    </ul>
  )
}

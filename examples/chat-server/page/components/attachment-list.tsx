/**
 * The images that the next message takes along.
 */

import type { Attachment } from '../chat/attachments.ts'
import { IconButton } from './icon-button.tsx'

export interface AttachmentListProps {
  attachments: readonly Attachment[]
  onRemove: (id: string) => void
}

export function AttachmentList({ attachments, onRemove }: AttachmentListProps) {
  if (attachments.length === 0) return null
  return (
    <ul className="attachments" aria-label="Images to send">
      {attachments.map(({ id, name, url }) => (
        <li key={id}>
          <img src={url} alt={name} />
          <IconButton icon="close" label={`Remove ${name}`} onClick={() => onRemove(id)} />
        </li>
      ))}
    </ul>
  )
}

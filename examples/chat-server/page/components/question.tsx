/**
 * A message of the user, which can be edited.
 */

import { useState } from 'react'
import { dataUrl, partsOf, textOf } from '../chat/message-parts.ts'
import type { ChatMessage, UserContent } from '../chat/types.ts'
import { BranchPicker } from './branch-picker.tsx'
import { CopyButton } from './copy-button.tsx'
import { EditForm } from './edit-form.tsx'
import { IconButton } from './icon-button.tsx'
import type { MessageProps } from './message-props.ts'
import { Picture } from './picture.tsx'

export function Question({ message, branch, isIdle, isEarlier, actions }: MessageProps) {
  const [isEdited, setEdited] = useState(false)
  const text = textOf(message)
  if (isEdited) {
    return (
      <article className="message user">
        <EditForm
          text={text}
          onCancel={() => setEdited(false)}
          onSave={(edited) => {
            setEdited(false)
            actions.onEdit(message.id, withText(message, edited))
          }}
        />
      </article>
    )
  }
  return (
    <article className="message user">
      <h2 className="unseen">You</h2>
      <div className="pictures">
        {partsOf(message).map((part, index) => {
          if (part.type !== 'image' && part.type !== 'file') return null
          const { mediaType = 'image/png' } = part
          // A sent message does not change. oxlint-disable-next-line react/no-array-index-key
          return (
            <Picture
              key={index}
              url={dataUrl(part.data, mediaType)}
              mediaType={mediaType}
              name="Your image"
            />
          )
        })}
      </div>
      {text !== '' && <p className="bubble">{text}</p>}
      <div className="actions" role="group" aria-label="Your message">
        {branch && (
          <BranchPicker
            branch={branch}
            isIdle={isIdle}
            onPick={(index) => actions.onBranch(message.id, index)}
          />
        )}
        {text !== '' && <CopyButton text={text} label="Copy message" />}
        {isIdle && !isEarlier && (
          <IconButton icon="edit" label="Edit message" onClick={() => setEdited(true)} />
        )}
      </div>
    </article>
  )
}

/** The images of a message stay when its text is edited. */
function withText(message: ChatMessage, text: string): UserContent {
  const others = partsOf(message).filter(({ type }) => type === 'image' || type === 'file')
  if (others.length === 0) return text
  return [{ type: 'text', text }, ...others] as UserContent
}

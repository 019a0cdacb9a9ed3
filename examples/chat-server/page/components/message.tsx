/**
 * One message, and what can be done with it.
 */

import { memo, useState } from 'react'
import { dataUrl, partsOf, textOf } from '../chat/message-parts.ts'
import type { CallState, ChatMessage, UserContent } from '../chat/types.ts'
import { Answer } from './answer.tsx'
import { type Branch, BranchPicker } from './branch-picker.tsx'
import { CopyButton } from './copy-button.tsx'
import { EditForm } from './edit-form.tsx'
import { IconButton } from './icon-button.tsx'
import { Picture } from './picture.tsx'

/** The same functions in each render, so that a message is rendered only if it has changed. */
export interface MessageActions {
  onApprove: (callId: string, isApproved: boolean) => void
  onEdit: (messageId: string, content: UserContent) => void
  onRegenerate: () => void
  onBranch: (messageId: string, index: number) => void
}

export interface MessageProps {
  message: ChatMessage
  calls: readonly CallState[]
  branch: Branch | undefined
  /** The answer continues in the next message. */
  isContinued: boolean
  isLast: boolean
  /** No answer is in progress. */
  isIdle: boolean
  /** A version that the server does not have any more, which can be read and copied. */
  isEarlier: boolean
  actions: MessageActions
}

export const MessageItem = memo(
  (props: MessageProps) =>
    props.message.role === 'user' ? <Question {...props} /> : <Reply {...props} />,
  (before, now) =>
    before.message === now.message &&
    before.isContinued === now.isContinued &&
    before.isLast === now.isLast &&
    before.isIdle === now.isIdle &&
    before.isEarlier === now.isEarlier &&
    before.branch?.index === now.branch?.index &&
    before.branch?.count === now.branch?.count &&
    sameCalls(before.calls, now.calls),
)

function Question({ message, branch, isIdle, isEarlier, actions }: MessageProps) {
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

function Reply(props: MessageProps) {
  const { message, calls, branch, isContinued, isLast, isIdle, isEarlier, actions } = props
  const { status } = message
  const isStreaming = status === 'streaming'
  const text = textOf(message)
  const mark = marks[status]
  return (
    <article className="message answer">
      <h2 className="unseen">Answer</h2>
      <Answer
        parts={partsOf(message)}
        calls={calls}
        isStreaming={isStreaming}
        onApprove={actions.onApprove}
      />
      {mark !== undefined && !isContinued && <p className="mark">{mark}</p>}
      {!isContinued && (
        <div className="actions" role="group" aria-label="Answer" hidden={isStreaming}>
          {branch && (
            <BranchPicker
              branch={branch}
              isIdle={isIdle}
              onPick={(index) => actions.onBranch(message.id, index)}
            />
          )}
          {text !== '' && <CopyButton text={text} label="Copy answer" />}
          {isLast && isIdle && !isEarlier && (
            <IconButton icon="repeat" label="Regenerate answer" onClick={actions.onRegenerate} />
          )}
        </div>
      )}
    </article>
  )
}

/** An answer that is not whole bears a word. */
const marks: Partial<Record<ChatMessage['status'], string>> = {
  stopped: 'Stopped',
  partial: 'Interrupted',
  failed: 'Interrupted',
}

/** The images of a message stay when its text is edited. */
function withText(message: ChatMessage, text: string): UserContent {
  const others = partsOf(message).filter(({ type }) => type === 'image' || type === 'file')
  if (others.length === 0) return text
  return [{ type: 'text', text }, ...others] as UserContent
}

function sameCalls(before: readonly CallState[], now: readonly CallState[]): boolean {
  return (
    before.length === now.length &&
    now.every((call, index) => {
      const { state, input, output, approved, for: reason } = before[index] as CallState
      return (
        state === call.state &&
        input === call.input &&
        output === call.output &&
        approved === call.approved &&
        reason === call.for
      )
    })
  )
}

/**
 * A conversation in the list: opened, renamed, or deleted after a question.
 */

import { useEffect, useRef, useState } from 'react'
import type { ListedConversation } from '../chat/api.ts'
import { timeSince } from '../chat/time-since.ts'
import { IconButton } from './icon-button.tsx'

export interface ConversationItemProps {
  conversation: ListedConversation
  isCurrent: boolean
  onOpen: () => void
  onRename: (title: string) => void
  onRemove: () => void
}

export function ConversationItem(props: ConversationItemProps) {
  const [mode, setMode] = useState<'shown' | 'renaming' | 'deleting'>('shown')
  const { conversation, isCurrent, onOpen, onRename, onRemove } = props
  const { title = 'New chat', updatedAt } = conversation
  const close = () => setMode('shown')
  if (mode === 'renaming') {
    return (
      <li>
        <RenameForm
          title={title}
          onCancel={close}
          onSave={(renamed) => {
            onRename(renamed)
            close()
          }}
        />
      </li>
    )
  }
  if (mode === 'deleting') {
    return (
      <li>
        <Confirm title={title} onCancel={close} onConfirm={onRemove} />
      </li>
    )
  }
  return (
    <li className={isCurrent ? 'conversation is-current' : 'conversation'}>
      <button
        type="button"
        className="open"
        aria-current={isCurrent ? 'page' : undefined}
        onClick={onOpen}
      >
        <span className="title">{title}</span>
        <time dateTime={new Date(updatedAt).toISOString()}>{timeSince(updatedAt)}</time>
      </button>
      <IconButton icon="edit" label={`Rename ${title}`} onClick={() => setMode('renaming')} />
      <IconButton icon="trash" label={`Delete ${title}`} onClick={() => setMode('deleting')} />
    </li>
  )
}

interface RenameFormProps {
  title: string
  onSave: (title: string) => void
  onCancel: () => void
}

function RenameForm({ title, onSave, onCancel }: RenameFormProps) {
  const field = useRef<HTMLInputElement>(null)
  const [renamed, setRenamed] = useState(title)
  useEffect(() => field.current?.select(), [])
  return (
    <form
      className="rename"
      onSubmit={(event) => {
        event.preventDefault()
        if (renamed.trim() === '') onCancel()
        else onSave(renamed.trim())
      }}
    >
      <input
        ref={field}
        aria-label="Title of the chat"
        maxLength={200}
        value={renamed}
        onChange={({ target }) => setRenamed(target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault()
          onCancel()
        }}
      />
      <IconButton type="submit" icon="check" label="Save the title" />
      <IconButton icon="close" label="Cancel" onClick={onCancel} />
    </form>
  )
}

interface ConfirmProps {
  title: string
  onConfirm: () => void
  onCancel: () => void
}

function Confirm({ title, onConfirm, onCancel }: ConfirmProps) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  return (
    <div className="confirm" role="group" aria-label={`Delete ${title}?`}>
      <p>Delete “{title}”?</p>
      <div className="buttons">
        <button ref={button} type="button" className="button danger" onClick={onConfirm}>
          Delete
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Keep
        </button>
      </div>
    </div>
  )
}

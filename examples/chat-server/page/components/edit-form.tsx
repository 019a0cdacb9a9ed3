/**
 * The form that edits a message.
 */

import { useEffect, useRef, useState } from 'react'
import { isSendKey } from '../chat/is-send-key.ts'

export interface EditFormProps {
  text: string
  onSave: (text: string) => void
  onCancel: () => void
}

export function EditForm({ text, onSave, onCancel }: EditFormProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const [edited, setEdited] = useState(text)
  useEffect(() => {
    field.current?.focus()
    field.current?.setSelectionRange(text.length, text.length)
  }, [text])
  const save = () => {
    if (edited.trim() !== '') onSave(edited)
  }
  return (
    <form
      className="edit"
      aria-label="Edit message"
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <textarea
        ref={field}
        aria-label="Edited message"
        value={edited}
        onChange={({ target }) => setEdited(target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault()
            onCancel()
          }
          if (!isSendKey(event)) return
          event.preventDefault()
          save()
        }}
      />
      <div className="buttons">
        <button type="submit" className="button primary" aria-disabled={edited.trim() === ''}>
          Send
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  )
}

/**
 * The form to say something: text and images.
 */

import { useEffect, useRef, useState } from 'react'
import { type Attachment, imageTypes, pickImages } from '../chat/attachments.ts'
import { isSendKey } from '../chat/is-send-key.ts'
import { readStored, writeStored } from '../chat/storage.ts'
import type { UserContent } from '../chat/types.ts'
import { loadForAnswer } from '../markdown/lazy-markdown.tsx'
import { announce } from './announcer.tsx'
import { AttachmentList } from './attachment-list.tsx'
import { IconButton } from './icon-button.tsx'

export interface ComposerProps {
  /** The name under which a reload finds the text again. */
  draft: string
  /** An answer is in progress. */
  isBusy: boolean
  onSend: (content: UserContent) => void
  onStop: () => void
}

export function Composer({ draft, isBusy, onSend, onStop }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(() => readStored('session', draft) ?? '')
  const [attachments, setAttachments] = useState<readonly Attachment[]>([])
  const [problem, setProblem] = useState<string>()
  const [isDropTarget, setDropTarget] = useState(false)
  useEffect(() => writeStored('session', draft, text), [draft, text])
  useEffect(() => {
    // On a phone, it would bring up the keyboard.
    if (matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])

  const add = async (files: readonly File[]) => {
    if (files.length === 0) return
    const picked = await pickImages(files, attachments)
    setAttachments((before) => [...before, ...picked.attachments])
    setProblem(picked.problem)
    const count = picked.attachments.length
    if (count > 0) announce(count === 1 ? 'An image was added.' : `${count} images were added.`)
  }
  const isEmpty = text.trim() === '' && attachments.length === 0
  const send = () => {
    field.current?.focus()
    if (isEmpty) return
    onSend(contentOf(text, attachments))
    setText('')
    writeStored('session', draft, '')
    setAttachments([])
    setProblem(undefined)
  }

  return (
    <form
      className={`composer ${isDropTarget ? 'is-drop-target' : ''}`}
      aria-label="New message"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      onDragOver={(event) => {
        event.preventDefault()
        setDropTarget(true)
      }}
      onDragLeave={() => setDropTarget(false)}
      onDrop={(event) => {
        event.preventDefault()
        setDropTarget(false)
        void add([...event.dataTransfer.files])
      }}
    >
      <AttachmentList
        attachments={attachments}
        onRemove={(id) => {
          setAttachments((before) => before.filter((attachment) => attachment.id !== id))
          field.current?.focus()
        }}
      />
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <textarea
        ref={field}
        data-composer
        aria-label="Message"
        placeholder="Ask anything"
        rows={1}
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          void loadForAnswer()
        }}
        onPaste={({ clipboardData }) => void add([...clipboardData.files])}
        onKeyDown={(event) => {
          if (!isSendKey(event)) return
          event.preventDefault()
          send()
        }}
      />
      <div className="composer-buttons">
        <input
          ref={picker}
          type="file"
          hidden
          multiple
          accept={imageTypes.join()}
          aria-label="Images"
          onChange={({ target }) => {
            void add([...(target.files ?? [])])
            // The same file can be picked again.
            target.value = ''
          }}
        />
        <IconButton icon="image" label="Add images" onClick={() => picker.current?.click()} />
        <span className="spring" />
        {isBusy && <IconButton icon="stop" label="Stop" className="outlined" onClick={onStop} />}
        <IconButton
          type="submit"
          icon="arrowUp"
          label={isBusy ? 'Send next' : 'Send'}
          className="filled"
          aria-disabled={isEmpty}
        />
      </div>
    </form>
  )
}

function contentOf(text: string, attachments: readonly Attachment[]): UserContent {
  if (attachments.length === 0) return text
  const images = attachments.map(({ url, mediaType }) => ({
    type: 'image' as const,
    data: url.slice(url.indexOf(',') + 1),
    mediaType,
  }))
  return text.trim() === '' ? images : [{ type: 'text', text }, ...images]
}

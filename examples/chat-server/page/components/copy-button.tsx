/**
 * A button that copies text and shows that it has.
 */

import { useEffect, useState } from 'react'
import { copyText } from '../chat/copy-text.ts'
import { announce } from './announcer.tsx'
import { IconButton } from './icon-button.tsx'

/** How long the button shows it, in milliseconds. */
const shownMs = 2_000

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return undefined
    const timer = setTimeout(() => setCopied(false), shownMs)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = async () => {
    const hasCopied = await copyText(text)
    setCopied(hasCopied)
    announce(hasCopied ? 'Copied.' : 'The browser did not allow it.')
  }
  return (
    <IconButton
      icon={isCopied ? 'check' : 'copy'}
      label={isCopied ? 'Copied' : label}
      onClick={() => void copy()}
    />
  )
}

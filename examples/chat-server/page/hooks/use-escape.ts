/**
 * Calls back for Escape, unless something else takes it: a form that is open, or a dialog.
 */

import { useEffect } from 'react'

export function useEscape(isActive: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!isActive) return undefined
    const onKey = (event: KeyboardEvent) => {
      const isTaken = event.defaultPrevented || event.isComposing
      if (event.key !== 'Escape' || isTaken || document.querySelector('dialog[open]')) return
      onEscape()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [isActive, onEscape])
}

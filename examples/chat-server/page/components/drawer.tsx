/**
 * What slides in from the side on a narrow screen: a dialog, so the browser keeps the focus in it
 * and closes it on Escape.
 */

import { type ReactNode, useEffect, useRef } from 'react'
import { IconButton } from './icon-button.tsx'

export interface DrawerProps {
  label: string
  isOpen: boolean
  onClose: () => void
  children: ReactNode
}

export function Drawer({ label, isOpen, onClose, children }: DrawerProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  return (
    // A click beside the drawer is one on the dialog itself. The Escape key does the same.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <dialog
      ref={dialog}
      className="drawer"
      aria-label={label}
      onClose={onClose}
      onClick={({ target }) => target === dialog.current && onClose()}
    >
      {isOpen && (
        <div className="drawer-content">
          <IconButton icon="close" label="Close" className="close" onClick={onClose} />
          {children}
        </div>
      )}
    </dialog>
  )
}

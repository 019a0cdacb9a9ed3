/**
 * The conversation that the address names, such as `/#k3x9…`. Without one, it is a new one, whose id
 * comes into the address with its first message.
 */

import { useCallback, useEffect, useState } from 'react'
import { newId } from '../chat/new-id.ts'

export interface Place {
  id: string
  /** The server does not know it yet. */
  isNew: boolean
}

export interface PlaceActions {
  open: (id: string) => void
  openNew: () => void
  /** The first message was sent. */
  keep: (id: string) => void
}

export function useConversationId(): [Place, PlaceActions] {
  const [place, setPlace] = useState(read)
  useEffect(() => {
    const onChange = () => setPlace((before) => (before.id === idInAddress() ? before : read()))
    addEventListener('hashchange', onChange)
    return () => removeEventListener('hashchange', onChange)
  }, [])
  const open = useCallback((id: string) => {
    location.hash = id
  }, [])
  const openNew = useCallback(() => {
    history.pushState(null, '', location.pathname)
    setPlace({ id: newId(), isNew: true })
  }, [])
  const keep = useCallback((id: string) => {
    if (idInAddress() !== id) history.replaceState(null, '', `#${id}`)
  }, [])
  return [place, { open, openNew, keep }]
}

function read(): Place {
  const id = idInAddress()
  return id === undefined ? { id: newId(), isNew: true } : { id, isNew: false }
}

function idInAddress(): string | undefined {
  const id = location.hash.slice(1)
  return /^[\w-]{1,64}$/.test(id) ? id : undefined
}

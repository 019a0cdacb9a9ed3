/**
 * What the page finds again when it is loaded anew.
 */

import type { ChatMessage } from '../messages.ts'

export interface Session {
  id: string
  messages: ChatMessage[]
  /** An answer was under way. */
  isBusy: boolean
}

export function openSession(): Session {
  const kept = sessionStorage.getItem('session')
  if (kept !== null) return JSON.parse(kept) as Session
  const [first = 0, second = 0] = crypto.getRandomValues(new Uint32Array(2))
  return { id: `${first.toString(36)}${second.toString(36)}`, messages: [], isBusy: false }
}

export function keep(session: Session): void {
  sessionStorage.setItem('session', JSON.stringify(session))
}

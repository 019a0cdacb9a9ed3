/**
 * What the page finds again when it is loaded anew.
 */

import type { ChatMessage } from 'sluice/react'

export interface Session {
  readonly id: string
  messages: readonly ChatMessage[]
  provider: string
  /** Where an answer is under way. */
  stream: string | null
}

const key = 'session'

export function openSession(): Session {
  const kept = sessionStorage.getItem(key)
  return kept === null ? newSession() : (JSON.parse(kept) as Session)
}

export function newSession(): Session {
  // `crypto.randomUUID` is missing where a page comes by plain HTTP from another machine.
  const id = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36))
  const session = { id: id.join('-'), messages: [], provider: 'openai', stream: null }
  keep(session, {})
  return session
}

export function keep(session: Session, changes: Partial<Session>): void {
  Object.assign(session, changes)
  sessionStorage.setItem(key, JSON.stringify(session))
}

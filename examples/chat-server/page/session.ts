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
  const session = { id: newId(), messages: [], provider: 'openai', stream: null }
  keep(session, {})
  return session
}

export function keep(session: Session, changes: Partial<Session>): void {
  Object.assign(session, changes)
  sessionStorage.setItem(key, JSON.stringify(session))
}

/** The key of a turn. */
export function newKey({ id }: Session): string {
  return `${id}.${newId()}`
}

/** `crypto.randomUUID` is missing where a page comes by plain HTTP from another machine. */
function newId(): string {
  const parts = crypto.getRandomValues(new Uint32Array(4))
  return Array.from(parts, (part) => part.toString(36)).join('-')
}

/**
 * The routes of the server, except for those that answer with a stream. ../../README.md describes
 * them.
 */

import type { Message } from 'sluice'

export interface ListedConversation {
  id: string
  title?: string
  /** In milliseconds. */
  updatedAt: number
  messageCount: number
}

/** A conversation as the server has it. */
export interface History {
  messages: readonly Message[]
  /** The turn that is under way. */
  running?: { key: string }
  /** The last turn failed or was stopped, and can be continued. */
  left?: true
}

const addressOf = (id: string) => `/api/conversations/${encodeURIComponent(id)}`

export async function listConversations(): Promise<readonly ListedConversation[]> {
  const { conversations } = await read<{ conversations: ListedConversation[] }>(
    '/api/conversations',
  )
  return conversations
}

export function readConversation(id: string): Promise<History> {
  return read(addressOf(id))
}

export async function renameConversation(id: string, title: string): Promise<void> {
  await request(addressOf(id), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title }),
  })
}

export async function deleteConversation(id: string): Promise<void> {
  await request(addressOf(id), { method: 'DELETE' })
}

async function read<Value>(url: string): Promise<Value> {
  return (await (await request(url)).json()) as Value
}

/** A refused request. */
export class RequestError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`The server answered with status ${status}.`)
    this.status = status
  }
}

/** @throws RequestError for a status that is not 2xx */
async function request(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  if (!response.ok) throw new RequestError(response.status)
  return response
}

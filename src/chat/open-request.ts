/**
 * The requests of a conversation.
 *
 * @module
 */

import type { Message } from '../base/messages.js'
import { type ConnectOptions, openConnection } from '../client/connect.js'
import type { EventOrigin } from '../core/event-feed.js'
import { resolveWithin } from '../http/same-origin.js'
import { type ChatOptions, type ChatRequest, toInit } from './options.js'

/**
 * @returns the events; a promise if the address or the body comes by one
 * @throws TypeError for an invalid option
 */
export function openRequest(
  options: ChatOptions,
  messages: readonly Message[],
  request: ChatRequest,
  hooks: ConnectOptions,
): EventOrigin | Promise<EventOrigin> {
  const { url: address, body = (all) => ({ messages: all }), streamUrl } = options
  const url = typeof address === 'function' ? address(request) : address
  const json = body(messages, request)
  const keyed = streamUrl && { idempotent: true, resume: () => streamUrl(request.key) }
  const open = (to: string | URL, what: unknown): EventOrigin =>
    openConnection(to, { ...keyed, ...toInit(options), ...hooks, json: what })
  if (!isPromise(url) && !isPromise(json)) return open(url, json)
  return Promise.all([url, json]).then(([to, what]) => open(to, what))
}

export function openFollowed(
  options: ChatOptions,
  url: string,
  hooks: ConnectOptions,
): EventOrigin {
  const { method: _method, retry, ...init } = toInit(options)
  // The server may be away for as long as after a lost connection.
  const patient = { maxRetries: Infinity, ...(typeof retry === 'object' ? retry : {}) }
  const isLimited = typeof retry === 'number' || retry === false
  return openConnection(url, { ...init, ...hooks, retry: isLimited ? retry : patient })
}

/** Asks the server to end a stream that it keeps. Whether it does shows in the stream. */
export async function sendStop(options: ChatOptions, url: string): Promise<void> {
  const { headers, credentials, fetch = globalThis.fetch } = options
  const init: RequestInit = { method: 'DELETE', keepalive: true }
  if (credentials !== undefined) init.credentials = credentials
  const own = typeof headers === 'function' ? await headers() : headers
  if (own !== undefined) init.headers = own
  await fetch(url, init)
}

/** The address of the stream that a response names; undefined if it is elsewhere. */
export function streamOf({ headers, url }: Response, asked: string | URL): string | undefined {
  const named = headers.get('content-location')
  const base = String(asked)
  return named === null ? undefined : resolveWithin(named, resolveWithin(url, base) ?? base)
}

export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as Partial<Promise<Value>> | null)?.then === 'function'
}

/**
 * The recorded streams of real providers, which live beside the checkout and are no part of it.
 */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../shared/recordings/', import.meta.url))

export const recordingsPresent = existsSync(`${folder}index.json`)

export interface Recording {
  file: string
  provider: string
  wire: string
  ambiguous: unknown
  expected: {
    text: string
    reasoning: string
    refusal?: string
    finishReason: string | null
    usage: Record<string, unknown> | null
    /** The arguments are text, and an object on Gemini's wire. */
    toolCalls?: { id: string | null; name: string; args: unknown }[]
    model: string
    error?: unknown
  }
}

export function loadRecordings(wire: string): Recording[] {
  if (!recordingsPresent) return []
  const all = JSON.parse(readFileSync(`${folder}index.json`, 'utf8')) as Recording[]
  return all.filter((recording) => recording.wire === wire)
}

export function readRecording({ file }: Recording): Uint8Array {
  return new Uint8Array(readFileSync(folder + file))
}

export interface HttpErrorRecording {
  provider: string
  wire: string
  status: number
  headers: Record<string, string>
  body: string
}

export function loadHttpErrors(): HttpErrorRecording[] {
  if (!recordingsPresent) return []
  return JSON.parse(readFileSync(`${folder}http-errors.json`, 'utf8')) as HttpErrorRecording[]
}

/** Ways in which a network can cut a body. */
export const chunkings = {
  'the whole body at once': (body: Uint8Array) => [body],
  'one event a chunk': (body: Uint8Array) => cutAfterEvents(body),
  'slices of 1 to 7 bytes': (body: Uint8Array) => cutAtRandom(body, 7),
}

function cutAfterEvents(body: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let start = 0
  for (let at = 1; at < body.length; at++) {
    const blank =
      body[at] === 10 && (body[at - 1] === 10 || (body[at - 1] === 13 && body[at - 2] === 10))
    if (!blank) continue
    chunks.push(body.subarray(start, at + 1))
    start = at + 1
  }
  if (start < body.length) chunks.push(body.subarray(start))
  return chunks
}

/** The same slices in every run: a failure can be looked at again. */
function cutAtRandom(body: Uint8Array, longest: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let seed = body.length
  for (let start = 0; start < body.length; ) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    const length = 1 + (seed % longest)
    chunks.push(body.subarray(start, start + length))
    start += length
  }
  return chunks
}

/** A fetch that answers every request with this body. */
export function respondWith(chunks: readonly Uint8Array[], init?: ResponseInit): typeof fetch {
  return () => {
    let next = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks[next++]
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
    })
    const headers = { 'content-type': 'text/event-stream' }
    return Promise.resolve(new Response(body, { headers, ...init }))
  }
}

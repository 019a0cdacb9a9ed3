/**
 * The scenario with a killed producer. Two workers stand for two processes of a server; the page
 * terminates the first one in mid-answer. The page itself reads with `connect()` of sluice/client.
 */

import { connect } from 'sluice/client'
import { memoryStore } from 'sluice/conversation'
import { memoryLog } from 'sluice/resumable'
import { Channel } from './channel.ts'
import type { Watcher } from './play.ts'
import type { PageWatcher, ProducerServer } from './producer.worker.ts'
import { prompt } from './scenarios.ts'
import type { Settings } from './settings.ts'

export async function playTakeover(
  settings: Settings,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<void> {
  const shared = { log: memoryLog(), store: memoryStore(), page: pageOf(watcher) }
  let producer = new Producer(settings, shared)
  const fetch: typeof globalThis.fetch = (_input, init) => producer.respond(init)
  const stream = connect('/chat', {
    fetch,
    json: { prompt },
    idempotent: true,
    retry: { minDelayMs: 100 },
    signal,
  })
  let words = 0
  let isKilled = false
  try {
    for await (const event of stream) {
      watcher.event(event)
      if (event.type !== 'content' || ++words < settings.words || isKilled) continue
      isKilled = true
      producer.terminate()
      watcher.wire({ kind: 'killed', text: 'worker 1 terminated, worker 2 started' })
      // The second one meets a provider that does not fail.
      producer = new Producer({ ...settings, scenario: 'whole' }, shared)
    }
  } finally {
    producer.terminate()
  }
}

function pageOf(watcher: Watcher): PageWatcher {
  return { wire: (note) => watcher.wire(note) }
}

/** A worker, and the responses that it writes. */
class Producer {
  readonly #worker = new Worker(new URL('./producer.worker.ts', import.meta.url), {
    type: 'module',
  })
  readonly #server: ProducerServer
  readonly #bodies = new Set<ReadableStreamDefaultController<Uint8Array>>()

  constructor(settings: Settings, shared: Record<string, object>) {
    const { port1, port2 } = new MessageChannel()
    const channel = new Channel(port1)
    for (const [name, object] of Object.entries(shared)) channel.expose(name, object)
    this.#server = channel.remote<ProducerServer>('server', ['respond'])
    this.#worker.postMessage({ settings: { ...settings }, port: port2 }, [port2])
  }

  respond(init: RequestInit = {}): Promise<Response> {
    const { method = 'GET', headers } = init
    const encoder = new TextEncoder()
    const lastEventId = new Headers(headers).get('last-event-id')
    return new Promise((resolve, reject) => {
      let body: ReadableStreamDefaultController<Uint8Array> | undefined
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          body = controller
          this.#bodies.add(controller)
        },
        cancel: () => {
          if (body !== undefined) this.#bodies.delete(body)
        },
      })
      const sink = {
        head: (status: number, fields: [string, string][]) =>
          resolve(new Response(stream, { status, headers: fields })),
        chunk: (text: string) => body?.enqueue(encoder.encode(text)),
      }
      this.#server.respond(method, lastEventId, sink).then(() => {
        if (body !== undefined && this.#bodies.delete(body)) body.close()
      }, reject)
    })
  }

  /** What the worker has not written is lost, as with `kill -9`. */
  terminate(): void {
    this.#worker.terminate()
    for (const body of this.#bodies) body.error(new TypeError('network error'))
    this.#bodies.clear()
  }
}

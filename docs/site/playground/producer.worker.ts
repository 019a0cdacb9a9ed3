/**
 * A process of the server, as a worker: it calls the provider, and serves the page. The log and the
 * store are in the page, as Redis or Postgres would be outside a process.
 */

import { sse, toResponse } from 'sluice'
import { type ConversationStore, createConversation } from 'sluice/conversation'
import { createResumable, type StreamLog } from 'sluice/resumable'
import { Channel } from './channel.ts'
import { retryOf, watchedDriver } from './play.ts'
import { prompt } from './scenarios.ts'
import type { Settings } from './settings.ts'
import type { WireNote } from './tap.ts'

/** What a worker is given. */
export interface Assignment {
  settings: Settings
  port: MessagePort
}

/** What the page can call. */
export interface ProducerServer {
  /** Answers a request of the page, and returns when the body has ended. */
  respond(method: string, lastEventId: string | null, sink: ResponseSink): Promise<void>
}

export interface ResponseSink {
  head(status: number, headers: [string, string][]): void
  chunk(text: string): void
}

/** What the page offers to a worker. */
export interface PageWatcher {
  wire(note: WireNote): void
}

/** The id of the stream, and of the conversation. */
const id = 'answer-1'
/** The time after which a silent process counts as dead, in milliseconds. */
const leaseMs = 2_000

self.addEventListener('message', ({ data }: MessageEvent<Assignment>) => {
  const channel = new Channel(data.port)
  // Before the first message is read.
  channel.expose('server', serverOf(data.settings, channel))
})

function serverOf(settings: Settings, channel: Channel): ProducerServer {
  const page = channel.remote<PageWatcher>('page', ['wire'])
  const log = channel.remote<StreamLog>('log', [
    ...(['create', 'append', 'renew', 'claim', 'release'] as const),
    ...(['read', 'seal', 'stop', 'subscribe', 'onStop'] as const),
  ])
  const store = channel.remote<ConversationStore>('store', ['load', 'write', 'clear', 'lock'])
  const opening = watchedDriver(settings, (note) => page.wire(note))
  const retry = retryOf(settings)
  const conversation = async () => {
    return createConversation({ id, store, driver: await opening, retry, leaseMs })
  }
  const resumable = createResumable({
    log,
    leaseMs,
    revive: async (_id, left) => (await conversation()).resume(left),
  })
  return {
    async respond(method, lastEventId, sink) {
      if (method === 'POST') {
        await resumable.publish(id, (await conversation()).send(prompt, { key: id }))
      }
      const stream = await resumable.follow(id, lastEventId)
      if (stream === null) return sink.head(404, [])
      const headers = { 'content-location': `/streams/${id}` }
      const response = await toResponse(stream, sse(), { headers })
      sink.head(response.status, [...response.headers])
      const body = response.body?.pipeThrough(new TextDecoderStream())
      for await (const text of body ?? []) sink.chunk(text)
    },
  }
}

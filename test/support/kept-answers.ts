/**
 * A server that keeps its streams, with a model whose words a test says.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Driver } from '../../src/base/driver.js'
import { createStream, sse } from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { createResumable, memoryLog } from '../../src/entries/resumable.js'

export class KeptAnswers {
  /** What was requested, such as `POST /ai` and `GET /ai/key`. */
  readonly requests: string[] = []
  readonly responses: ServerResponse[] = []
  /** How many answers the model was asked for. */
  asked = 0
  /** The type of the last event of an answer. */
  readonly ended: Promise<string>
  readonly #end: (type: string) => void
  readonly #resumable = createResumable({ log: memoryLog() })
  readonly #waiting: ((word: string | null) => void)[] = []
  readonly #said: (string | null)[] = []

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    this.#end = resolve
  }

  /** Null ends the answer. */
  say(...words: (string | null)[]): void {
    for (const word of words) {
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#said.push(word)
      else waiting(word)
    }
  }

  readonly route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url = '', headers } = request
    this.requests.push(`${method} ${url.replace(/[^/]{20,}/, 'key')}`)
    this.responses.push(response)
    if (url === '/elsewhere') return void response.end('<p>elsewhere</p>')
    const id = url.replace('/ai/', '')
    if (method === 'DELETE') {
      await this.#resumable.stop(id)
      return void response.writeHead(204).end()
    }
    if (method === 'GET') {
      const stream = await this.#resumable.follow(id, headers['last-event-id']?.toString())
      if (stream === null) return void response.writeHead(404).end()
      return pipeToNode(stream, response, sse())
    }
    const { key, messages } = (await json(request)) as { key: string; messages: [] }
    const stream = createStream({ driver: this.#driver, messages, retry: false })
    const { ended } = await this.#resumable.publish(key, stream)
    void ended.then(({ type }) => this.#end(type))
    const followed = await this.#resumable.follow(key)
    if (followed !== null) await pipeToNode(followed, response, sse())
  }

  readonly #driver: Driver = {
    provider: 'p',
    model: 'm',
    stream: (_request, { signal }) => {
      this.asked++
      return wordsOf(
        () =>
          new Promise((resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
            const said = this.#said.shift()
            if (said === undefined) this.#waiting.push(resolve)
            else resolve(said)
          }),
      )
    },
  }
}

async function* wordsOf(next: () => Promise<string | null>) {
  for (let word = await next(); word !== null; word = await next()) {
    yield { type: 'content', kind: 'text', index: 0, text: word } as const
  }
  return { finishReason: 'stop', usage: {} } as const
}

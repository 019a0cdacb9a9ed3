/** A provider of background responses, which go on without a connection and are read as often as one likes. */

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Reader {
  response: ServerResponse
  /** The number of the next event. */
  next: number
}

export class BackgroundServer {
  readonly requests: string[] = []
  readonly #words: readonly string[]
  readonly #readers = new Set<Reader>()
  /** The number of events that have happened. */
  #told = 0
  #server = createServer((request, response) => {
    request.resume().on('end', () => this.#answer(`${request.method} ${request.url}`, response))
  })

  constructor(words: readonly string[]) {
    this.#words = words
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** Lets the model say so many words; all of them, and the end, without a number. */
  tell(words?: number): void {
    const events = this.#events()
    this.#told = words === undefined ? events.length : 2 + words
    for (const reader of this.#readers) this.#send(reader)
  }

  count(method: string): number {
    return this.requests.filter((request) => request.startsWith(method)).length
  }

  #answer(request: string, response: ServerResponse): void {
    this.requests.push(request)
    if (request.endsWith('/cancel')) {
      response.setHeader('content-type', 'application/json').end('{}')
      return
    }
    const url = new URL(request.split(' ')[1] ?? '', 'http://host')
    const after = url.searchParams.get('starting_after')
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    const reader = { response, next: after === null ? 0 : Number(after) + 1 }
    this.#readers.add(reader)
    response.on('close', () => this.#readers.delete(reader))
    this.#send(reader)
  }

  #send(reader: Reader): void {
    const events = this.#events()
    while (reader.next < this.#told) {
      reader.response.write(`data: ${JSON.stringify(events[reader.next++])}\n\n`)
    }
    if (reader.next === events.length) reader.response.end()
  }

  #events(): object[] {
    const response = { id: 'resp_1', model: 'gpt-5.5', background: true, status: 'in_progress' }
    const item = { type: 'message', id: 'msg_1', content: [] }
    const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0 }
    const usage = { input_tokens: 3, output_tokens: 4 }
    const events = [
      { type: 'response.created', response },
      { type: 'response.output_item.added', output_index: 0, item },
      ...this.#words.map((word) => ({ ...delta, item_id: 'msg_1', delta: word })),
      {
        type: 'response.completed',
        response: { ...response, status: 'completed', output: [], usage },
      },
    ]
    return events.map((event, sequence) => ({ ...event, sequence_number: sequence }))
  }
}

/**
 * Conversations of this process. The model's messages are never taken from a client: it sends what
 * the user says, approvals, and results of the tools that it runs itself.
 */

import {
  type EventStream,
  type Message,
  type OutputPart,
  StreamError,
  type StreamEvent,
  type WaitingCall,
} from 'sluice'

export class Conversation {
  #messages: Message[] = []
  #waiting: readonly WaitingCall[] = []
  #isBusy = false
  #hasFailed = false

  /**
   * Adds what the client sent, and begins an answer to it.
   *
   * @param said - undefined to try again after a failure
   * @throws StreamError for an answer to a call that does not wait for it
   */
  answer(
    said: Message | undefined,
    open: (messages: readonly Message[]) => EventStream,
  ): AsyncIterable<StreamEvent> {
    if (this.#isBusy) throw refusal(409, 'An answer is in progress.')
    if (said === undefined && !this.#hasFailed) throw refusal(400, 'The message is missing.')
    if (said?.role === 'tool') {
      for (const { type, id } of said.content) {
        const expected = type === 'tool-result' ? 'client' : 'approval'
        const isExpected = this.#waiting.some((call) => call.id === id && call.for === expected)
        if (!isExpected) throw refusal(400, `No call ${id} waits for a ${type}.`)
      }
    }
    if (said !== undefined) this.#messages.push(said)
    const stream = open(this.#messages)
    this.#waiting = []
    this.#isBusy = true
    return this.#kept(stream)
  }

  async *#kept(stream: EventStream): AsyncGenerator<StreamEvent> {
    try {
      for await (const event of stream) {
        this.#hasFailed = event.type === 'error'
        if (event.type === 'complete') {
          this.#messages.push(event.message)
          this.#waiting = event.waiting ?? []
        }
        // What has run is kept, so that nothing runs again.
        if (event.type === 'error') this.#messages.push(...workOf(event.partial.content))
        yield event
      }
    } finally {
      this.#isBusy = false
    }
  }
}

/** The calls and results of an answer that failed, without the text of its last step. */
function workOf(content: string | readonly OutputPart[]): Message[] {
  if (typeof content === 'string') return []
  const parts = content.slice(0, content.findLastIndex(({ type }) => type === 'tool-result') + 1)
  return parts.length === 0 ? [] : [{ role: 'assistant', content: parts }]
}

function refusal(status: number, message: string): StreamError {
  return new StreamError('invalid-request', message, { status })
}

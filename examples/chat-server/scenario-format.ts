/**
 * The format of routes whose clients exist already: server-sent events with the field names that
 * these clients read. It is a `Format` like `sse()`, so every response writer can write it.
 */

import {
  type CompleteEvent,
  type Encoder,
  type Format,
  StreamError,
  type StreamEvent,
  sse,
} from 'sluice'

/** The fields that differ between the routes. */
export interface ScenarioFields {
  start: (model: string) => object
  /** @param tokens - the number of content events */
  complete: (event: CompleteEvent, tokens: number) => object
}

/**
 * `id:` counts the content events, from 1. An `error` is a sentence that clients may see. Such
 * clients append all content that they receive, so an answer that restarts after content ends with
 * `error`.
 */
export function scenarioFormat(fields: ScenarioFields): Format {
  // Its headers keep proxies from buffering, and its heartbeats are comments.
  const events = sse()
  return {
    ...events,
    encoder: () => new ScenarioEncoder(fields),
    failure: (error) => ({ contentType: 'application/json', body: JSON.stringify(failed(error)) }),
  }
}

class ScenarioEncoder implements Encoder {
  readonly #fields: ScenarioFields
  #tokens = 0
  ended: StreamError | undefined

  constructor(fields: ScenarioFields) {
    this.#fields = fields
  }

  encode(events: readonly StreamEvent[]): string {
    let text = ''
    for (const event of events) {
      if (this.ended === undefined) text += this.#encode(event)
    }
    return text
  }

  #encode(event: StreamEvent): string {
    switch (event.type) {
      case 'start':
        return frame('start', this.#fields.start(event.model))
      case 'content':
        if (event.kind !== 'text' || event.text === '') return ''
        return `id: ${++this.#tokens}\n${frame('content', { content: event.text })}`
      case 'retry':
        if (event.mode === 'continue' || this.#tokens === 0) {
          return frame('retry', { attempt: event.attempt })
        }
        this.ended = event.error
        return frame('error', failed(event.error))
      case 'complete':
        return frame('complete', this.#fields.complete(event, this.#tokens))
      case 'error':
        return frame('error', failed(event.error))
    }
  }
}

/** JSON has no raw line breaks, so the data is always one line. */
function frame(name: StreamEvent['type'], data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Without the provider's words, which may quote a prompt or a key. */
function failed(error: StreamError): { error: string } {
  return { error: StreamError.from(error).toJSON().message }
}

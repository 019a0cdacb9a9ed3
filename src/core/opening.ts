/**
 * The beginning of an answer that another process has produced.
 *
 * @module
 */

import type { ContentEvent, RetryEvent } from '../base/events.js'
import { ForwardingSource } from '../pull/forwarding-source.js'
import type { LastingResponse, Source } from '../pull/source.js'

/** What readers receive before the rest of the answer. */
export interface Opening {
  /** Announces that another producer continues the stream. */
  retry?: RetryEvent
  /** Content of the whole steps. */
  content: readonly ContentEvent[]
  /** Content of the step that broke off, which the model continues. */
  shown?: readonly ContentEvent[]
  /** The response of that step, which its provider completes without a connection. */
  response?: LastingResponse
  /** The number of the next attempt, from 1. */
  attempt: number
}

/** Gives the opening, and then what follows it. */
export class OpenedSource extends ForwardingSource {
  constructor({ retry, content }: Opening, rest: Source) {
    super(rest)
    if (retry !== undefined) this.keep((sink) => sink.retry(retry))
    if (content.length > 0) this.keep((sink) => sink.batch(content))
  }
}

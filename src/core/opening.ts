/**
 * The beginning of an answer that another process has produced.
 *
 * @module
 */

import type { ContentEvent, RetryEvent } from '../base/events.js'
import { ForwardingSource } from '../pull/forwarding-source.js'
import type { OpenContext, Source } from '../pull/source.js'

/** What a source has to know of the step that broke off. */
export type Opening = Pick<OpenContext, 'attempt' | 'shown' | 'response'>

/** What readers receive before the rest of the answer. */
export interface Beginning {
  /** Announces that another producer continues the stream. */
  retry?: RetryEvent
  /** Content of the whole steps. */
  content: readonly ContentEvent[]
}

/** Gives the beginning, and then what follows it. */
export class OpenedSource extends ForwardingSource {
  constructor({ retry, content }: Beginning, rest: Source) {
    super(rest)
    if (retry !== undefined) this.keep((sink) => sink.retry(retry))
    if (content.length > 0) this.keep((sink) => sink.batch(content))
  }
}

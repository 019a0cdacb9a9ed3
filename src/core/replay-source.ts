/**
 * An answer that was given before.
 *
 * @module
 */

import { readOutput } from '../attempt/structured-output/read-output.js'
import type { Completion } from '../base/driver.js'
import type { AssistantMessage, OutputPart } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import { ForwardingSource } from '../pull/forwarding-source.js'
import type { Sink, Source } from '../pull/source.js'
import { openCallsOf } from './open-calls.js'

/** Ends a stored answer that is given again, without asking the model. */
export function replay(
  message: AssistantMessage,
  request: StreamRequest,
  provider: string,
): Source {
  const parts: readonly OutputPart[] =
    typeof message.content === 'string'
      ? [{ type: 'text', text: message.content }]
      : message.content
  const waits = openCallsOf(parts).length > 0
  const { finishReason = waits ? 'tool-calls' : 'stop' } = message
  const end = { finishReason, usage: {} }
  if (request.output === undefined) return new Ending(end)
  const last = parts.findLastIndex(({ type }) => type === 'tool-result')
  const text = parts
    .slice(last + 1)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('')
  return new Silent(readOutput(request, provider, undefined, () => new Ending(end, text)))
}

/** Gives text, if there is some, and ends. */
class Ending implements Source {
  readonly #end: Completion
  #text: string

  constructor(end: Completion, text: string = '') {
    this.#end = end
    this.#text = text
  }

  pull(sink: Sink): void {
    const text = this.#text
    this.#text = ''
    if (text === '') return sink.done(this.#end)
    sink.batch([{ type: 'content', kind: 'text', index: 0, text }])
  }

  close(): void {}

  finished(): undefined {
    return undefined
  }

  usage(): object {
    return {}
  }
}

/** The end of another source, without its content, which the reader has received. */
class Silent extends ForwardingSource {
  override batch(): void {
    this.next()
  }
}

/**
 * Events of the Agent-User Interaction Protocol.
 *
 * @module
 * @see https://docs.ag-ui.com/concepts/events
 */

import { checkOptions, list, type Rules, string } from '../base/check-options.js'
import type {
  CompleteEvent,
  ContentEvent,
  ErrorEvent,
  RetryEvent,
  StreamEvent,
  UsageSum,
} from '../base/events.js'
import type { Format } from '../base/stream-format.js'
import { AgUiMessage } from './ag-ui-message.js'
import { DataEncoder } from './data-encoder.js'
import { errorJson } from './error-json.js'
import { SentResults } from './lost-results.js'
import { type StreamFormatOptions, streamFormatRules, streamSettings } from './options.js'
import { retracted } from './retracted.js'
import { eventStream } from './server-sent-events.js'

/** Options of `agUi()`. */
export interface AgUiOptions extends StreamFormatOptions {
  /**
   * From the request, which is a `RunAgentInput`.
   * @default the id of the stream
   */
  threadId?: string
  /** @default the id of the stream */
  runId?: string
  /**
   * The messages of the request, unchanged. With them, a restart can retract what was sent, by a
   * snapshot of these messages and of the steps that stand. Without them, it ends the run with an error of code `retracted`.
   */
  messages?: readonly object[]
}

const rules: Rules<AgUiOptions> = {
  ...streamFormatRules,
  threadId: string,
  runId: string,
  messages: list,
}

/**
 * For `HttpAgent` of `@ag-ui/client`, CopilotKit and other clients of the protocol. Sources, files,
 * retries and preliminary results are `CUSTOM` events named `source`, `file`, `retry` and
 * `preliminary-result`. Tool calls are closed once their step is complete. Calls that wait are the
 * `pendingToolCallIds` of the outcome. A cancelled stream finishes the run with the outcome `cancelled`; any
 * other failure is `RUN_ERROR`.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const { threadId, runId, messages } = await request.json()
 * return toResponse(createStream({ driver, messages: messages.map(toMessage) }), agUi({ threadId, runId, messages }))
 * ```
 */
export function agUi(options: AgUiOptions = {}): Format {
  checkOptions('agUi', options, rules)
  const settings = streamSettings(options)
  return eventStream(settings, {
    encoder: () => new AgUiEncoder(options, settings.exposeErrors),
  })
}

class AgUiEncoder extends DataEncoder {
  readonly #options: AgUiOptions
  readonly #exposeErrors: boolean
  readonly #message = new AgUiMessage((event) => this.#write(event))
  readonly #results = new SentResults()
  #run = { threadId: 'unknown', runId: 'unknown' }

  constructor(options: AgUiOptions, exposeErrors: boolean) {
    super()
    this.#options = options
    this.#exposeErrors = exposeErrors
  }

  protected encodeEvent(event: StreamEvent): void {
    if (event.type === 'content') this.#content(event)
    else if (event.type === 'start') this.#start(event.id)
    else if (event.type === 'retry') this.#retry(event)
    else if (event.type === 'complete') this.#complete(event)
    else this.#error(event)
  }

  #write(event: { type: string } & Record<string, unknown>): void {
    this.write(event)
  }

  #custom(name: string, value: object): void {
    this.#write({ type: 'CUSTOM', name, value })
  }

  #start(id: string): void {
    const { threadId = id, runId = id } = this.#options
    this.#run = { threadId, runId }
    this.#message.id = id
    this.#write({ type: 'RUN_STARTED', ...this.#run, protocolVersion: '1.0' })
  }

  #content(event: ContentEvent): void {
    switch (event.kind) {
      case 'text':
        return this.#message.text(event)
      case 'reasoning':
        return this.#message.reasoning(event)
      case 'tool-call':
        return this.#message.toolCall(event)
      case 'tool-result': {
        this.#results.add(event)
        if (!event.preliminary) return this.#message.toolResult(event)
        const { index, id: toolCallId, output } = event
        return this.#custom('preliminary-result', { index, toolCallId, output })
      }
      case 'source':
        return this.#custom('source', { url: event.url, title: event.title })
      case 'file': {
        const { index, mediaType, data, partial, signature } = event
        return this.#custom('file', { index, mediaType, data, partial, signature })
      }
      case 'provider': {
        const { index, name, origin, data, partial } = event
        return this.#custom('provider', { index, name, origin, data, partial })
      }
    }
  }

  #retry(event: RetryEvent): void {
    const { type: _type, error, usage: _usage, ...told } = event
    this.#custom('retry', { ...told, error: errorJson(error, this.#exposeErrors) })
    if (event.mode !== 'restart' || !this.#message.hasSent(event.from)) return
    const { messages } = this.#options
    if (messages !== undefined) return this.#message.retract(event, messages)
    this.ended = retracted(error, 'AG-UI without the messages of the request')
    this.#fail(this.ended)
  }

  #complete(event: CompleteEvent): void {
    this.#message.close()
    const { provider, model, output, finishReason } = event
    const waiting = event.waiting?.map(({ id }) => id)
    const pendingToolCallIds = waiting ?? toolCallIds(event)
    this.#write({
      type: 'RUN_FINISHED',
      ...this.#run,
      ...(output === undefined || output === null ? {} : { result: output }),
      outcome: {
        type: 'success',
        ...(pendingToolCallIds.length > 0 ? { pendingToolCallIds } : {}),
      },
      ...usageOf([event.usage, { provider, model }], [event.wasted]),
      metadata: { finishReason },
    })
  }

  #error(event: ErrorEvent): void {
    const { error, usage } = event
    for (const result of this.#results.missingFrom(event, 0)) this.#message.toolResult(result)
    // A partial tool call must not look like one that can be run, so the run fails.
    if (errorJson(error, false).code === 'aborted' && !this.#message.isCalling) {
      this.#message.close()
      this.#write({ type: 'RUN_FINISHED', ...this.#run, outcome: { type: 'cancelled' } })
    } else this.#fail(error, usage)
  }

  #fail(error: unknown, usage?: UsageSum): void {
    const { message, code } = errorJson(error, this.#exposeErrors)
    this.#write({ type: 'RUN_ERROR', message, code, ...usageOf([usage]) })
  }
}

/** The calls without a result. Models may use an id twice. */
function toolCallIds({ message: { content } }: CompleteEvent): string[] {
  if (typeof content === 'string') return []
  const open: string[] = []
  for (const part of content) {
    if (part.type === 'tool-call') open.push(part.id)
    else if (part.type === 'tool-result' && open.includes(part.id)) {
      open.splice(open.indexOf(part.id), 1)
    }
  }
  return open
}

/**
 * Both use the same names for the counts. The protocol cannot mark estimates; empty counts are left
 * out.
 */
function usageOf(...sums: [usage: UsageSum | undefined, by?: object][]): { usage?: object[] } {
  const usage = sums.flatMap(([sum = {}, by = {}]) => {
    const { estimated: _estimated, ...counts } = sum
    return Object.keys(counts).length > 0 ? [{ ...by, ...counts }] : []
  })
  return usage.length > 0 ? { usage } : {}
}

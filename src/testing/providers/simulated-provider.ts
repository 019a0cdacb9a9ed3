/**
 * A provider to test against: it speaks real wire formats, and fails on request.
 *
 * @module
 */

import {
  anything,
  checkOptions,
  flag,
  isDelay,
  type Rules,
  rule,
} from '../../base/check-options.js'
import { optionError } from '../../base/option-error.js'
import { type Answer, checkAnswer, completeAnswer } from './answer.js'
import { streamBody } from './body.js'
import { type Fault, faultHeader, parseFault } from './fault.js'
import { refused } from './fetch-error.js'
import {
  type IncomingRequest,
  type RequestRecord,
  recordRequest,
  type SimulatedRequest,
} from './request.js'
import { contextOf, speakerTo, wireOf } from './route.js'
import { type ListenOptions, listen, type SimulatedServer } from './server.js'
import type { SimulatedWire, WireContext, WireEvent } from './simulated-wire.js'

/** What `simulatedProvider()` takes. */
export interface SimulatedProviderOptions {
  /** Pause between two tokens, in milliseconds. 0 sets no timers at all. @default 20 */
  paceMs?: number
  /**
   * What the model says. A list is a script: one answer for each request that gets that far, and
   * the last one repeats. A function may look at the request. In a turn with tools each step is a
   * request, whose `step` says which.
   *
   * @default calls of the tools that the prompt names, if there are any; else a text that quotes
   * the conversation
   */
  answer?: AnswerOption
  /** Whether a request without an API key is answered with 401, or 403 by Gemini. @default true */
  requireKey?: boolean
}

/** One answer for all, a script, or a function of the request. */
export type AnswerOption =
  | Answer
  | readonly Answer[]
  | ((request: SimulatedRequest) => Answer | Promise<Answer>)

/** A pretend provider. */
export interface SimulatedProvider {
  /** Takes the place of the global `fetch`. Any host will do; the path decides. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** The same over a real socket, on Node. */
  readonly listen: (options?: ListenOptions) => Promise<SimulatedServer>
  /** What was asked, oldest first; the last 1,000. */
  readonly requests: readonly SimulatedRequest[]
}

const rules: Rules<SimulatedProviderOptions> = {
  paceMs: rule(
    'a finite number of milliseconds from 0',
    (value) => isDelay(value) && value !== Infinity,
  ),
  // checkAnswers() checks it.
  answer: anything,
  requireKey: flag,
}

/** As many requests, and as many ids of faults that strike once, are remembered. */
const memory = 1_000

/**
 * A pretend provider that speaks four wires, by the path of the request: OpenAI's chat completions (`POST …/chat/completions`) and
 * responses (`POST …/responses`), Anthropic's messages (`POST …/v1/messages`, and in frames of Bedrock
 * `POST …/model/<model>/invoke-with-response-stream`), and Gemini's
 * (`POST …/models/<model>:streamGenerateContent?alt=sse`). Each also answers as a whole, without a stream. The request header
 * `x-simulated-fault` makes a single request fail, see `parseFault`.
 *
 * @throws TypeError when an option is not valid
 */
export function simulatedProvider(options: SimulatedProviderOptions = {}): SimulatedProvider {
  checkOptions('', options, rules)
  const { paceMs = 20, answer, requireKey = true } = options
  checkAnswers(answer)
  const requests: RequestRecord[] = []
  const struck = new Set<string>()
  let count = 0
  let answered = 0

  async function handle(incoming: IncomingRequest): Promise<Response> {
    const { signal } = incoming
    if (signal?.aborted) throw signal.reason
    const wire = wireOf(incoming.path)
    const record = recordRequest(incoming, wire?.name)
    requests.push(record)
    if (requests.length > memory) requests.shift()
    try {
      const speaker = wire ?? speakerTo(incoming.headers)
      const context = contextOf(record, speaker, count++)
      return await unlessAborted(respond(record, wire, speaker, context, signal), signal)
    } catch (error) {
      record.close(signal?.aborted ? 'aborted' : 'finished')
      throw error
    }
  }

  async function respond(
    record: RequestRecord,
    wire: SimulatedWire | undefined,
    speaker: SimulatedWire,
    context: WireContext,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const reject = (status: number, error?: Partial<Record<string, unknown>>): Response => {
      record.close('finished')
      return errorResponse(speaker, context, { kind: 'status', status }, error)
    }
    const { method, path, headers } = record
    if (!wire) return reject(404, { message: `Invalid URL (${method} ${path})`, code: null })
    if (method !== 'POST') return reject(405, { message: `Not allowed to ${method} on ${path}.` })
    if (requireKey && !wire.hasKey(headers, path)) return reject(wire.keyStatus ?? 401)
    const complaint = wire.complaint(context.body)
    if (complaint) return reject(400, complaint)

    let fault: Fault | undefined
    let given: Answer | undefined
    try {
      fault = requestedFault(headers[faultHeader])
    } catch (error) {
      return reject(400, { message: messageOf(error) })
    }
    try {
      given = await answerTo(record)
      if (given !== undefined) checkAnswer('answer', given)
    } catch (error) {
      return reject(500, { message: `The answer function failed: ${messageOf(error)}` })
    }
    fault ??= typeof given === 'object' ? given.fault : undefined
    if (fault?.kind === 'refuse') throw refused()
    if (fault?.kind === 'status') {
      record.close('finished')
      return errorResponse(wire, context, fault)
    }
    const stream = wire.streams?.(path) ?? context.body.stream === true
    if (!stream && fault?.kind === 'error') return reject(500)
    const whole = completeAnswer(given, context.body)
    const body = streamBody({
      events: stream
        ? wire.events(whole, context)
        : halves(JSON.stringify(wire.completion(whole, context))),
      paceMs,
      fault: stream ? fault : inHalf(fault),
      errorEvent: (sent) =>
        wire.errorEvent(context, fault?.kind === 'error' ? fault.body : undefined, sent),
      signal,
      onEvent: () => {
        record.sent += 1
      },
      onClose: record.close,
    })
    const streamType = wire.streamType ?? 'text/event-stream; charset=utf-8'
    const type = stream ? streamType : 'application/json'
    const defaults = { 'content-type': type, ...wire.headers(context) }
    return new Response(body, { headers: headersOf(defaults, fault?.headers) })
  }

  function requestedFault(header: string | undefined): Fault | undefined {
    if (header === undefined) return undefined
    const { fault, once } = parseFault(header)
    if (once === undefined) return fault
    if (struck.has(once)) return undefined
    struck.add(once)
    const [oldest] = struck
    if (struck.size > memory && oldest !== undefined) struck.delete(oldest)
    return fault
  }

  function answerTo(record: RequestRecord): Answer | undefined | Promise<Answer> {
    if (typeof answer === 'function') return answer(record)
    if (!isScript(answer)) return answer
    return answer[Math.min(answered++, answer.length - 1)]
  }

  return {
    fetch: async (input, init) => {
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      // Without the signal: a Request would add a listener of its own to it.
      const request = new Request(input, { ...init, signal: null })
      const { pathname, search } = new URL(request.url)
      return handle({
        method: request.method,
        path: pathname + search,
        headers: Object.fromEntries(request.headers),
        text: await request.text(),
        signal: signal ?? undefined,
      })
    },
    listen: (listenOptions) => listen(handle, listenOptions),
    requests,
  }
}

function errorResponse(
  wire: SimulatedWire,
  context: WireContext,
  fault: Extract<Fault, { kind: 'status' }>,
  details?: Partial<Record<string, unknown>>,
): Response {
  const error = wire.error(fault.status, context, details)
  const body = fault.body ?? error.body
  const defaults = {
    'content-type': 'application/json',
    ...wire.headers(context),
    ...error.headers,
  }
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status: fault.status,
    headers: headersOf(defaults, fault.headers),
  })
}

const waitHeaders = ['retry-after', 'retry-after-ms']

function headersOf(
  defaults: Record<string, string>,
  others: Readonly<Record<string, string>> = {},
): Headers {
  const headers = new Headers(defaults)
  const given = new Headers(others)
  // Clients prefer one of the two, so a default of the other would override the test's value.
  if (waitHeaders.some((name) => given.has(name))) {
    for (const name of waitHeaders) headers.delete(name)
  }
  for (const [name, value] of given) headers.set(name, value)
  return headers
}

/** A JSON body in two pieces, so that it can break off in the middle. */
function* halves(text: string): Generator<WireEvent, void, void> {
  // By whole characters: half of an emoji has no encoding of its own.
  const characters = [...text]
  const middle = Math.ceil(characters.length / 2)
  yield { data: characters.slice(0, middle).join(''), token: false }
  yield { data: characters.slice(middle).join(''), token: false }
}

function inHalf(fault: Fault | undefined): Fault | undefined {
  if (!fault || !('afterEvents' in fault)) return fault
  return { ...fault, afterEvents: Math.min(fault.afterEvents, 1) }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const settle = (): void => signal.removeEventListener('abort', onAbort)
    promise.then(resolve, reject).finally(settle)
  })
}

function checkAnswers(answer: AnswerOption | undefined): void {
  if (answer === undefined || typeof answer === 'function') return
  if (!isScript(answer)) return checkAnswer('answer', answer)
  if (answer.length === 0) throw optionError('answer', answer, 'at least one answer')
  for (const [position, each] of answer.entries()) checkAnswer(`answer[${position}]`, each)
}

function isScript(answer: AnswerOption | undefined): answer is readonly Answer[] {
  return Array.isArray(answer)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

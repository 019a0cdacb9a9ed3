/**
 * A driver that plays a script.
 *
 * @module
 */

import {
  checkOptions,
  checkValue,
  list,
  type Rules,
  record,
  required,
  text,
} from '../base/check-options.js'
import type { Completion, Driver, DriverContext, DriverYield } from '../base/driver.js'
import type { ContentEvent, RetryEvent, Usage } from '../base/events.js'
import { optionError } from '../base/option-error.js'
import { isRecord } from '../base/read-json.js'
import { abortError } from '../pull/abort.js'
import { stepOf } from './step-of.js'

/**
 * An event that a script yields. A string is text: it continues the text before it, or starts a new
 * block.
 */
export type ScriptEvent = string | ContentEvent | RetryEvent

/** A step of an attempt. */
export type ScriptStep =
  | ScriptEvent
  /** Events that arrive in one network chunk, yielded as one array. */
  | { chunk: readonly ScriptEvent[] }
  /**
   * A whole call of a tool. The script then completes with `tool-calls`, unless it has a completion
   * of its own.
   */
  | ScriptCall
  /** Waits for this long, in milliseconds. */
  | { waitMs: number }
  /** Waits until the signal aborts. */
  | { hang: true }
  /** An error to throw: a `StreamError`, or any error that a careless driver would let through. */
  | Error
  /** The completion to return: the answer is complete. */
  | Completion

/** A call of a tool in a script. */
export interface ScriptCall {
  /** The name of the tool. */
  call: string
  /**
   * The arguments. A string is sent as it is, so that it need not be valid JSON.
   * @default {}
   */
  input?: unknown
  /** @default 'call-1', 'call-2' …, or 'call-2-1' … in the second step of a turn */
  id?: string
}

/**
 * The steps of one attempt. Without a completion or an error at the end, it completes with `stop`,
 * or with `tool-calls` after a `call`.
 */
export type Script = readonly ScriptStep[]

/** Scripts for a turn with tools. */
export interface TurnScript {
  /**
   * One entry for each answer of the model: a script, or a list of scripts, one for each attempt of
   * that step. The last one is repeated. A step begins with the results of tools, and a message of
   * the user begins a turn.
   */
  steps: readonly (Script | readonly Script[])[]
}

/** Options of `scripted()`. */
export interface ScriptedOptions {
  /** @default 'scripted' */
  provider?: string
  /** @default 'script' */
  model?: string
  /**
   * The usage of a completion that the script does not contain.
   * @default {}
   */
  usage?: Usage
}

const rules: Rules<ScriptedOptions> = { provider: text, model: text, usage: record }

/**
 * Creates a driver that plays a script: one list of steps for every attempt, or a list of such
 * lists, one for each attempt, the last of which is repeated.
 *
 * In a turn with tools each answer of the model is a step with attempts of its own, so `{ steps }`
 * has a script for each. The driver finds the step in the messages of the request. It holds no
 * state, so one driver can be used for any number of streams.
 *
 * @example
 * ```ts
 * const driver = scripted({
 *   steps: [[{ call: 'weather', input: { city: 'Oslo' } }], ['Take a coat.']],
 * })
 * ```
 *
 * @throws TypeError for an invalid option or step, if steps and lists are mixed, and for steps
 * after the end
 */
export function scripted(
  script: Script | readonly Script[] | TurnScript,
  options: ScriptedOptions = {},
): Driver {
  checkOptions('', options, rules)
  const { provider = 'scripted', model = 'script', usage = {} } = options
  const turn = turnOf(script)
  return {
    provider,
    model,
    // A message of the user would begin another turn.
    ...(isTurn(script) ? { continuation: () => 'prefill' as const } : {}),
    stream: (request, context) => {
      const step = stepOf(request)
      const attempts = at(turn, step) ?? []
      return play(at(attempts, context.attempt) ?? [], context, usage, step)
    },
  }
}

/** The n-th entry, from 1; the last one if there are not as many. */
function at<Entry>(entries: readonly Entry[], number: number): Entry | undefined {
  return entries[Math.min(Math.max(number, 1), entries.length) - 1]
}

async function* play(
  steps: Script,
  context: DriverContext,
  usage: Usage,
  answer: number,
): AsyncGenerator<DriverYield, Completion, void> {
  const { signal } = context
  const toEvent = numbered()
  const prefix = answer === 1 ? 'call-' : `call-${answer}-`
  let calls = 0
  for (const step of steps) {
    if (signal.aborted) throw abortError(signal.reason)
    if (step instanceof Error) throw step
    if (typeof step === 'string' || 'type' in step) {
      context.onBytes()
      yield toEvent(step)
    } else if ('chunk' in step) {
      context.onBytes()
      yield step.chunk.map(toEvent)
    } else if ('call' in step) {
      const { call: name, input = {}, id = `${prefix}${++calls}` } = step
      const json = typeof input === 'string' ? input : JSON.stringify(input)
      context.onBytes()
      yield toEvent({ type: 'content', index: -1, kind: 'tool-call', id, name, input: json })
    } else if ('finishReason' in step) return step
    else await pause('waitMs' in step ? step.waitMs : Infinity, signal)
  }
  if (signal.aborted) throw abortError(signal.reason)
  return { finishReason: calls > 0 ? 'tool-calls' : 'stop', usage }
}

/** Assigns a block to text: that of the text before it, or the next one. */
function numbered(): (event: ScriptEvent) => ContentEvent | RetryEvent {
  let next = 0
  let open: number | undefined
  return (event) => {
    if (typeof event === 'string') {
      open ??= next++
      return { type: 'content', index: open, kind: 'text', text: event }
    }
    if (event.type === 'retry') {
      if (event.mode === 'restart') next = Math.min(next, event.from ?? 0)
      open = undefined
    } else {
      if (event.index < 0) event = { ...event, index: next }
      next = Math.max(next, event.index + 1)
      open = event.kind === 'text' ? event.index : undefined
    }
    return event
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(abortError(signal.reason))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (delayMs === Infinity) return
    timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
  })
}

/** The scripts of each step, and in it of each attempt. */
function turnOf(script: Script | readonly Script[] | TurnScript): readonly (readonly Script[])[] {
  if (!isTurn(script)) return [attemptsOf('script', script)]
  const { steps } = script
  const name = 'script.steps'
  checkValue(name, steps, required(list, 'an array with a script for each step'))
  if (steps.length === 0) throw optionError(name, steps, 'at least one script')
  return steps.map((step, position) => attemptsOf(`${name}[${position}]`, step))
}

function isTurn(script: Script | readonly Script[] | TurnScript): script is TurnScript {
  return isRecord(script) && 'steps' in script
}

function attemptsOf(option: string, script: Script | readonly Script[]): readonly Script[] {
  checkValue(option, script, required(list, 'an array of steps, or of such arrays'))
  const lists = script.filter((each) => Array.isArray(each))
  if (lists.length > 0 && lists.length < script.length) {
    throw new TypeError(
      'The script mixes steps and lists. A list stands for a whole attempt. Write { chunk: [...] } for events that arrive together.',
    )
  }
  const attempts = lists.length === 0 ? [script as Script] : (script as readonly Script[])
  for (const steps of attempts) check(option, steps)
  return attempts
}

function check(option: string, steps: Script): void {
  for (const [position, step] of steps.entries()) {
    if (!isStep(step)) throw optionError(`${option}[${position}]`, step, stepKinds)
  }
  const end = steps.findIndex((step) => step instanceof Error || isCompletion(step))
  if (end < 0 || end === steps.length - 1) return
  throw new TypeError(`Step ${end} ends the attempt, so step ${end + 1} is never reached.`)
}

const stepKinds =
  'a string, an event, { call }, { chunk }, { waitMs }, { hang }, an Error, or a completion'

/** Anything else would act like an endless wait. */
function isStep(step: unknown): boolean {
  if (typeof step === 'string' || step instanceof Error) return true
  return (
    isRecord(step) &&
    (typeof step.call === 'string' ||
      ['type', 'chunk', 'waitMs', 'hang', 'finishReason'].some((name) => name in step))
  )
}

function isCompletion(step: ScriptStep): boolean {
  return typeof step === 'object' && 'finishReason' in step
}

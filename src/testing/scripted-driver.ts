/**
 * A driver that plays a script.
 *
 * @module
 */

import {
  checkOptions,
  checkValue,
  isRecord,
  list,
  optionError,
  type Rules,
  record,
  required,
  text,
} from '../base/check-options.js'
import type { Completion, Driver, DriverContext, DriverYield } from '../base/driver.js'
import type { ContentEvent, RetryEvent, Usage } from '../base/events.js'
import { abortError } from '../pull/abort.js'

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
  /** Waits for this long, in milliseconds. */
  | { waitMs: number }
  /** Waits until the signal aborts. */
  | { hang: true }
  /** An error to throw: a `StreamError`, or any error that a careless driver would let through. */
  | Error
  /** The completion to return: the answer is complete. */
  | Completion

/**
 * The steps of one attempt. Without a completion or an error at the end, it completes with `stop`.
 */
export type Script = readonly ScriptStep[]

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
 * lists, one for each attempt, the last of which is repeated. It holds no state, so one driver can
 * be used for any number of streams.
 *
 * @throws TypeError for an invalid option or step, if steps and lists are mixed, and for steps
 * after the end
 */
export function scripted(
  script: Script | readonly Script[],
  options: ScriptedOptions = {},
): Driver {
  checkValue('script', script, required(list, 'an array of steps, or of such arrays'))
  checkOptions('', options, rules)
  const { provider = 'scripted', model = 'script', usage = {} } = options
  const attempts = attemptsOf(script)
  for (const steps of attempts) check(steps)
  return {
    provider,
    model,
    stream: (_request, context) => {
      const steps = attempts[Math.min(Math.max(context.attempt, 1), attempts.length) - 1] ?? []
      return play(steps, context, { finishReason: 'stop', usage })
    },
  }
}

async function* play(
  steps: Script,
  context: DriverContext,
  completion: Completion,
): AsyncGenerator<DriverYield, Completion, void> {
  const { signal } = context
  const toEvent = numbered()
  for (const step of steps) {
    if (signal.aborted) throw abortError(signal.reason)
    if (step instanceof Error) throw step
    if (typeof step === 'string' || 'type' in step) {
      context.onBytes()
      yield toEvent(step)
    } else if ('chunk' in step) {
      context.onBytes()
      yield step.chunk.map(toEvent)
    } else if ('finishReason' in step) return step
    else await pause('waitMs' in step ? step.waitMs : Infinity, signal)
  }
  if (signal.aborted) throw abortError(signal.reason)
  return completion
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

function attemptsOf(script: Script | readonly Script[]): readonly Script[] {
  const lists = script.filter((each) => Array.isArray(each))
  if (lists.length === 0) return [script as Script]
  if (lists.length === script.length) return script as readonly Script[]
  throw new TypeError(
    'The script mixes steps and lists. A list stands for a whole attempt. Write { chunk: [...] } for events that arrive together.',
  )
}

function check(steps: Script): void {
  for (const [position, step] of steps.entries()) {
    if (!isStep(step)) throw optionError(`script[${position}]`, step, stepKinds)
  }
  const end = steps.findIndex((step) => step instanceof Error || isCompletion(step))
  if (end < 0 || end === steps.length - 1) return
  throw new TypeError(`Step ${end} ends the attempt, so step ${end + 1} is never reached.`)
}

const stepKinds = 'a string, an event, { chunk }, { waitMs }, { hang }, an Error, or a completion'

/** Anything else would act like an endless wait. */
function isStep(step: unknown): boolean {
  if (typeof step === 'string' || step instanceof Error) return true
  return (
    isRecord(step) &&
    ['type', 'chunk', 'waitMs', 'hang', 'finishReason'].some((name) => name in step)
  )
}

function isCompletion(step: ScriptStep): boolean {
  return typeof step === 'object' && 'finishReason' in step
}

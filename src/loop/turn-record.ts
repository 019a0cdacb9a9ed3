/**
 * The record of a turn: its steps, the parts of its answer, and what they cost.
 *
 * @module
 */

import type { Accumulator } from '../base/accumulator.js'
import type { ToolResultContent } from '../base/content-kinds.js'
import type { Completion } from '../base/driver.js'
import type { Step, UsageSum } from '../base/events.js'
import type { Message, OutputPart, ToolResultPart } from '../base/messages.js'
import type { WaitingCall } from '../base/typed-calls.js'
import { addUsage, isEmpty } from '../base/usage.js'
import { type Call, callsIn, summaryOf } from './calls.js'
import type { Progress } from './ledger.js'

export class TurnRecord {
  readonly #id: string
  /** How often calls of the answer have used each id. */
  readonly #ids = new Map<string, number>()
  readonly #steps: Step[]
  /** The parts of the answer before the step that runs. */
  readonly #parts: OutputPart[]
  usage: UsageSum = {}
  /** What the steps report as wasted. The reader has heard of failed attempts by `retry` events. */
  wasted: UsageSum = {}

  /**
   * @param id - the id of the message
   * @param parts - its beginning, from a turn that was left behind
   */
  constructor(id: string, parts: readonly OutputPart[] = [], steps: readonly Step[] = []) {
    this.#id = id
    this.#parts = [...parts]
    this.#steps = [...steps]
    for (const { usage } of steps) this.usage = addUsage(this.usage, usage)
    callsIn({ content: parts }, id, false, this.#ids)
  }

  /** The turn as far as whole steps go. */
  progress(): Progress {
    return { parts: this.#parts, steps: this.#steps }
  }

  /** Adds an answer of the model. Its parts are added once they are sealed. */
  addStep(
    answer: Accumulator,
    completion: Completion,
    by: { model: string; attempts: number },
  ): { text: string; parts: readonly OutputPart[]; calls: Call[] } {
    const { finishReason, usage, wasted = {}, model = by.model } = completion
    const content = answer.message(isCut(completion)).content as readonly OutputPart[]
    const calls = callsIn({ content }, this.#id, true, this.#ids)
    this.usage = addUsage(this.usage, usage)
    this.wasted = addUsage(this.wasted, wasted)
    const text = answer.text()
    const { attempts } = by
    this.#steps.push({ text, usage, finishReason, model, attempts, calls: calls.map(summaryOf) })
    return { text, parts: content, calls }
  }

  addParts(parts: readonly OutputPart[]): void {
    for (const part of parts) this.#parts.push(part)
  }

  /** Adds results to the answer, in the order of their blocks, and to the calls of the step. */
  addResults(results: readonly ToolResultContent[]): void {
    const parts = results.toSorted((one, other) => one.index - other.index).map(partOfResult)
    for (const part of parts) this.#parts.push(part)
    const step = this.#steps.at(-1)
    if (step !== undefined) this.#steps[this.#steps.length - 1] = withResults(step, parts)
  }

  /** A conversation with the answer so far. */
  after(messages: readonly Message[]): readonly Message[] {
    if (this.#parts.length === 0) return messages
    return [...messages, { role: 'assistant', id: this.#id, content: [...this.#parts] }]
  }

  /** The completion of the turn, from that of its last step. */
  completion(last: Completion, waiting: readonly WaitingCall[] = []): Completion {
    const isWaiting = waiting.length > 0
    return {
      ...last,
      ...(isWaiting ? { finishReason: 'tool-calls' as const } : {}),
      usage: this.usage,
      ...(isEmpty(this.wasted) ? {} : { wasted: this.wasted }),
      turn: { steps: this.#steps, ...(isWaiting ? { waiting } : {}) },
    }
  }
}

/** A result in the answer. */
export function partOfResult({
  type: _type,
  index: _index,
  kind,
  preliminary: _preliminary,
  ...result
}: ToolResultContent): ToolResultPart {
  return { type: kind, ...result }
}

/** A step with the results of its calls. Those of one id come in the order of its calls. */
export function withResults(step: Step, results: readonly ToolResultPart[]): Step {
  const left = Map.groupBy(results, ({ id }) => id)
  const calls = step.calls.map((call) => {
    const result = 'output' in call ? undefined : left.get(call.id)?.shift()
    if (result === undefined) return call
    const { output, isError } = result
    return { ...call, output, ...(isError ? { isError } : {}) }
  })
  return { ...step, calls }
}

/** Whether an answer reached a limit. Its calls are not run. */
export function isCut({ finishReason }: Completion): boolean {
  return finishReason === 'length' || finishReason === 'content-filter'
}

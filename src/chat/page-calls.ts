/**
 * The answers of a page to the calls of a turn: results of its own tools, and approvals.
 *
 * @module
 */

import type {
  ToolApprovalPart,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
} from '../base/messages.js'
import { openParts, partsOf, type Reason, reasonsIn, type Said } from './open-calls.js'
import type { PageTools } from './options.js'

/** The calls that an answer has left open. They are answered once. */
export class PageCalls {
  readonly answers: Map<ToolCallPart, ToolResultPart | ToolApprovalPart> = new Map()
  /** The calls whose tools run on the page now. */
  readonly running: Set<ToolCallPart> = new Set()
  readonly #calls: readonly ToolCallPart[]
  readonly #reasons: ReadonlyMap<string, Reason>
  readonly #controller = new AbortController()

  constructor(messages: readonly Said[]) {
    this.#calls = openParts(messages)
    this.#reasons = reasonsIn(messages)
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0
  }

  /** Whether there is a call that the page or a person has to answer. */
  get isWaiting(): boolean {
    return this.#calls.some(({ id }) => this.#reasons.get(id) !== 'steps')
  }

  /** @param onSettled - called after each run */
  run(tools: PageTools, onSettled: () => void): void {
    const { signal } = this.#controller
    for (const part of this.#calls) {
      if (!Object.hasOwn(tools, part.name) || !this.#mayBe('client', part)) continue
      this.running.add(part)
      void answer(part, tools, signal).then((result) => {
        if (signal.aborted) return
        this.running.delete(part)
        this.answers.set(part, result)
        onSettled()
      })
    }
  }

  /** @returns false if no call with this id waits for approval */
  approve(id: string, approved: boolean, reason: string | undefined): boolean {
    const calls = this.#calls.filter((part) => part.id === id && this.#mayBe('approval', part))
    // Models may use an id twice. An answer may change until it is sent.
    const call = calls.find((part) => !this.answers.has(part)) ?? calls[0]
    if (call === undefined || this.running.has(call)) return false
    // JSON leaves out what is undefined.
    this.answers.set(call, { type: 'tool-approval', id, approved, reason } as ToolApprovalPart)
    return true
  }

  /** The answers in the order of the calls. Nothing while some are missing. */
  message(): ToolMessage[] {
    const due = this.#calls.filter(({ id }) => this.#reasons.get(id) !== 'steps')
    return due.every((part) => this.answers.has(part)) ? this.#messageOf(due) : []
  }

  /** The answers so far to calls that these messages do not answer. */
  messageBeside(said: readonly Said[]): ToolMessage[] {
    const ids = new Set(said.flatMap(partsOf).map((part) => 'id' in part && part.id))
    return this.#messageOf(this.#calls.filter(({ id }) => !ids.has(id)))
  }

  #messageOf(calls: readonly ToolCallPart[]): ToolMessage[] {
    const content = calls.flatMap((part) => this.answers.get(part) ?? [])
    return content.length > 0 ? [{ role: 'tool', content }] : []
  }

  abort(): void {
    this.#controller.abort()
    this.running.clear()
  }

  #mayBe(reason: Reason, { id }: ToolCallPart): boolean {
    return (this.#reasons.get(id) ?? reason) === reason
  }
}

async function answer(
  { id, name, input }: ToolCallPart,
  tools: PageTools,
  signal: AbortSignal,
): Promise<ToolResultPart> {
  const result = { type: 'tool-result', id, name } as const
  try {
    const output = (await tools[name]?.(input, { id, signal })) ?? null
    // Throws here for what cannot be sent.
    JSON.stringify(output)
    return { ...result, output }
  } catch (error) {
    return {
      ...result,
      output: error instanceof Error ? error.message : String(error),
      isError: true,
    }
  }
}

/**
 * The record of what has been run.
 *
 * @module
 */

import type { Step } from '../base/events.js'
import type { OutputPart } from '../base/messages.js'
import type { ToolOutput } from '../base/tools.js'

/** One run of a tool. */
export interface Run {
  /** The idempotency key. */
  key: string
  id: string
  name: string
  input: unknown
}

/** The result of a run, as the model receives it. */
export interface RunResult extends ToolOutput {
  isError?: true
}

/** An earlier run. Without a result, it is not known whether it happened. */
export interface Known {
  result?: RunResult
}

/**
 * Remembers runs. Every method is awaited: no tool runs before its start is recorded, and no result
 * is shown before it is.
 */
export interface Ledger {
  /** What is known of an earlier run of this call. */
  find(key: string): Known | undefined | Promise<Known | undefined>
  /**
   * Records the start of a run. MUST be atomic.
   *
   * @returns whether it is the first one with this key
   */
  started(run: Run): boolean | Promise<boolean>
  ended(run: Run, result: RunResult): void | Promise<void>
  /**
   * Called after each step, and after the runs of each step.
   *
   * @param waits - runs follow, so that this can be recorded with the first of them
   */
  progress?(progress: Progress, waits: boolean): void | Promise<void>
}

/** The turn as far as whole steps go. */
export interface Progress {
  parts: readonly OutputPart[]
  steps: readonly Step[]
}

/** The whole steps of an answer that was left behind. */
export interface ResumedAnswer {
  /** The id of the answer. */
  id: string
  parts: readonly OutputPart[]
  steps: readonly Step[]
  /** The number of their content blocks. */
  blocks: number
}

/** The number of keys that a process remembers. */
const maxKeys = 10_000

const started = new Set<string>()

/**
 * The runs of tools with `once` in this process, for turns without a store. A reader that was cut
 * off sends its messages again without the results that it has missed, and the call must not run a
 * second time. Results are not kept: the messages come from clients, who could ask for those of
 * others.
 */
export const processLedger: Ledger = {
  find: (key) => (started.has(key) ? {} : undefined),
  started({ key }) {
    if (started.has(key)) return false
    started.add(key)
    if (started.size > maxKeys) started.delete(started.keys().next().value as string)
    return true
  },
  ended() {},
}

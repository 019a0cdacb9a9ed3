/**
 * The record of what has been run.
 *
 * @module
 */

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
 * Remembers runs beyond this process. Both methods are awaited: no tool runs before its start is
 * recorded, and no result is shown before it is.
 */
export interface Ledger {
  /** What is known of an earlier run of this call. */
  find(key: string): Known | undefined | Promise<Known | undefined>
  started(run: Run): void | Promise<void>
  ended(run: Run, result: RunResult): void | Promise<void>
}

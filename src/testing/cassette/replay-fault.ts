/**
 * How a replayed answer fails.
 *
 * @module
 */

import { integer, isInteger, record, required, rule, string } from '../../base/check-options.js'
import { checkKind, type KindRules } from '../check-kind.js'

/** A fault of a replayed answer. */
export type ReplayFault =
  /**
   * After `afterBytes` of the body, `cut` breaks the connection, `end` ends the body, and `stall`
   * sends nothing more.
   */
  | { kind: 'cut' | 'end' | 'stall'; afterBytes: number }
  /** Divides the body into chunks of `chunkBytes`, inside lines and characters too. */
  | { kind: 'split'; chunkBytes: number }
  /** Answers with this status instead of the recorded answer. */
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** Refuses the connection. */
  | { kind: 'refuse' }

const afterBytes = required(integer)

const rules: KindRules<ReplayFault> = {
  cut: { afterBytes },
  end: { afterBytes },
  stall: { afterBytes },
  split: { chunkBytes: required(rule('an integer from 1', (value) => isInteger(value, 1))) },
  status: {
    status: required(rule('a status from 200 to 599', (value) => isInteger(value, 200, 599))),
    headers: { ...record, each: string },
    body: string,
  },
  refuse: {},
}

/** @throws TypeError for an unknown kind, or an invalid option of one */
export function checkReplayFault(option: string, fault: unknown): void {
  checkKind(option, fault, rules)
}

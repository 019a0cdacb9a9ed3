/**
 * How a replayed answer fails.
 *
 * @module
 */

import { integer, isInteger, record, required, rule, string } from '../../base/check-options.js'
import { checkKind, type KindRules } from '../check-kind.js'

/** What goes wrong with a replayed answer. */
export type ReplayFault =
  /** `cut`: the connection breaks. `end`: the body ends. `stall`: nothing more comes. After so many bytes of the body. */
  | { kind: 'cut' | 'end' | 'stall'; afterBytes: number }
  /** The body comes in chunks of so many bytes, without regard for lines and characters. */
  | { kind: 'split'; chunkBytes: number }
  /** This status instead of the recorded answer. */
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** No answer at all, as when nobody listens. */
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

/** @throws TypeError for a kind that does not exist, or a bad option of one */
export function checkReplayFault(option: string, fault: unknown): void {
  checkKind(option, fault, rules)
}

/**
 * What happened outside of the store: an append-only file with a line for each run of a tool and each result that a model has seen, of all
 * processes, in the order in which they happened.
 */

import { appendFileSync, readFileSync } from 'node:fs'

export type Effect =
  /** A tool has begun to run. */
  | { kind: 'run'; key: string; call: string; name: string; pid: number; at: number }
  /** A model has been sent the result of a call. */
  | { kind: 'seen'; call: string; unknown: boolean; pid: number; at: number }
  /** A reader in the process has read a stream to its end. */
  | { kind: 'read'; id: string; events: number; pid: number; at: number }
  /** The parent has done this to a process. */
  | { kind: 'fault'; fault: string; pid: number; at: number }
  /** Something that must not happen. */
  | { kind: 'breach'; message: string; pid: number; at: number }

type Without<Kind> = Kind extends Effect ? Omit<Kind, 'at'> : never

export class Effects {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  add(effect: Without<Effect>): void {
    appendFileSync(this.#file, `${JSON.stringify({ ...effect, at: Date.now() })}\n`)
  }

  all(): Effect[] {
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Effect)
  }
}

/**
 * What a library has to do to take part: run one turn with one tool, as its users would.
 */

import type { WireName } from '../wires.ts'

export interface Surroundings {
  wire: WireName
  /** The provider's address, without a path. */
  url: string
  /** The tool. */
  report: (input: { id: number }) => string
  /** Called with the whole text that a reader would see now. */
  onText: (text: string) => void
  /** What an earlier run has left. */
  left?: unknown
}

export interface Outcome {
  /** Why the turn failed, in the words of the library; undefined if it says that it is complete. */
  failure?: string
  /** The finish reason, if the library has one. */
  reason?: string | null | undefined
  /** The messages that the library leaves of a turn that failed, for another call. */
  left?: unknown
}

export interface Runner {
  name: string
  wires: readonly WireName[]
  run(surroundings: Surroundings): Promise<Outcome>
}

export const prompt = 'Write the report 7, and tell me what it says.'
export const description = 'Writes a report. It takes ten minutes.'
export const apiKey = 'sk-any'
export const both: readonly WireName[] = ['openai', 'anthropic']

/** The limit of silence of libraries that have one, in milliseconds. */
export const silenceMs = 1_000

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error)
}

/**
 * What other libraries showed for the same answers. `bench/playground.ts` writes the file.
 */

import { failsInside } from './scenarios.ts'
import type { Settings } from './settings.ts'

/** What one library showed. */
export interface Outcome {
  library: string
  /** Absent if the library has nothing that could play the scenario; `text` says why. */
  end?: 'complete' | 'error' | 'nothing'
  text: string
  /** What it reported at the end: a finish reason, or a message. */
  report?: string
  requests?: number
  /** How often the tool ran. */
  runs?: number
  /** What the model was sent as the result of the tool. */
  result?: string
}

export interface Recording {
  date: string
  node: string
  versions: Record<string, string>
  /** By `keyOf()`. */
  outcomes: Record<string, readonly Outcome[]>
}

export function keyOf({
  wire,
  scenario,
  words,
}: Pick<Settings, 'wire' | 'scenario' | 'words'>): string {
  return failsInside(scenario) ? `${wire}/${scenario}/${words}` : `${wire}/${scenario}`
}

/**
 * What other libraries showed for the same answers. `bench/playground.ts` writes the file.
 */

import { answerText, failsInside, type Played } from './scenarios.ts'

/** What one library showed. */
export interface Outcome {
  library: string
  version: string
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
  /** By `keyOf()`. */
  outcomes: Record<string, readonly Outcome[]>
}

export function keyOf({ wire, scenario, words }: Played): string {
  return failsInside(scenario) ? `${wire}/${scenario}/${words}` : `${wire}/${scenario}`
}

/** What the reader of an answer has got, in a word. */
export type Verdict = 'whole' | 'half' | 'marked' | 'doubled' | 'error' | 'hangs' | 'absent'

export function verdictOf(scenario: Played['scenario'], { end, text, report }: Outcome): Verdict {
  if (end === undefined) return 'absent'
  if (end === 'nothing') return 'hangs'
  if (end === 'error') return 'error'
  if (scenario === 'tool-fails' || text === answerText) return 'whole'
  if (text.endsWith(answerText)) return 'doubled'
  // A reader who looks at the finish reason can tell.
  return report === 'interrupted' ? 'marked' : 'half'
}

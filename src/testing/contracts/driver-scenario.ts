/**
 * What a driver meets in the contract suite.
 *
 * @module
 */

/** What the provider behind a driver does. */
export type DriverScenario =
  | AnswerScenario
  | CutScenario
  | InBandErrorScenario
  | StallScenario
  | RefusedScenario

/** It sends `text`, in several pieces, and says that the answer is whole. */
export interface AnswerScenario {
  kind: 'answer'
  text: string
}

/**
 * It sends `text`, in several pieces, and the connection breaks before anything says that the
 * answer is whole.
 */
export interface CutScenario {
  kind: 'cut'
  text: string
}

/** It sends `text`, in several pieces, and then an error inside the stream. */
export interface InBandErrorScenario {
  kind: 'in-band-error'
  text: string
}

/** It sends `text`, in several pieces, and then nothing, with the connection open. */
export interface StallScenario {
  kind: 'stall'
  text: string
}

/** It answers with an HTTP error status, and no content. */
export interface RefusedScenario {
  kind: 'refused'
  status: number
}

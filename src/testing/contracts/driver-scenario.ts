/**
 * The scenarios of the contract suite for drivers.
 *
 * @module
 */

/** The behavior of the provider behind a driver. */
export type DriverScenario =
  | AnswerScenario
  | CutScenario
  | InBandErrorScenario
  | StallScenario
  | RefusedScenario

/** The provider sends `text` in several pieces, and then the terminal event. */
export interface AnswerScenario {
  kind: 'answer'
  text: string
}

/**
 * The provider sends `text` in several pieces, and the connection breaks before the terminal event.
 */
export interface CutScenario {
  kind: 'cut'
  text: string
}

/** The provider sends `text` in several pieces, and then an error in the stream. */
export interface InBandErrorScenario {
  kind: 'in-band-error'
  text: string
}

/** The provider sends `text` in several pieces, and then nothing, with the connection open. */
export interface StallScenario {
  kind: 'stall'
  text: string
}

/** The provider responds with an HTTP error status and no content. */
export interface RefusedScenario {
  kind: 'refused'
  status: number
}

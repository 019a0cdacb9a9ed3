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

/**
 * The provider sends `text`, and after it a block of its own that only it understands, such as a
 * call of a server tool. It answers the next request with `text` alone.
 */
export interface BlockScenario {
  kind: 'block'
  text: string
}

/** The provider sends `text` and pauses. It answers the next request with `rest`. */
export interface PauseScenario {
  kind: 'pause'
  text: string
  rest: string
}

/** The provider sends `text`, these response headers, and these further fields of its usage. */
export interface DetailsScenario {
  kind: 'details'
  text: string
  headers: Readonly<Record<string, string>>
  rawUsage: Readonly<Record<string, unknown>>
}

/** The provider sends `text`. The request has options of the provider. */
export interface OptionsScenario {
  kind: 'options'
  text: string
}

/** The provider sends `text`. The request has the result of a tool with an image in it. */
export interface ImagesScenario {
  kind: 'images'
  text: string
}

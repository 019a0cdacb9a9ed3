/**
 * How the text of an answer is read as structured output.
 *
 * @module
 */

/** Depends on how the output was requested. */
export interface OutputReading {
  /** The value is the only property of an object, because the provider takes object schemas only. */
  readonly wrapped: boolean
  /** The schema was in the instructions only, so the JSON may stand in a fence or after other text. */
  readonly lenient: boolean
}

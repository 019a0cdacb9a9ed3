/**
 * How the text of an answer is read as structured output.
 *
 * @module
 */

/** Depends on how the output was requested. */
export interface OutputReading {
  /**
   * The value is the only property of an object, because the provider accepts only object schemas.
   */
  readonly wrapped: boolean
  /**
   * The schema was only in the instructions, so the JSON may be in a Markdown fence or after other
   * text.
   */
  readonly lenient: boolean
}

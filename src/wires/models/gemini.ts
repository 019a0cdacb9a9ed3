/**
 * What the generations of Gemini take, on Google's own wire and on OpenAI's.
 *
 * @module
 */

/** By the name: `gemini-3-pro-preview`, and `gemini-flash-latest`, which means the newest one. */
export function isThirdGeneration(model: string): boolean {
  return /gemini-(?:[3-9]|\d{2})|gemini-.*latest/.test(model)
}

/** Whether it can think at all; what is told about thinking is refused by others. */
export function canThink(model: string): boolean {
  return !/gemini-(?:1|2\.0)/.test(model) || model.includes('thinking')
}

/**
 * From the third generation on a turn is refused whose first call has no signature. Calls that another model made have none; Google
 * names this word for them.
 *
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const unsigned = 'skip_thought_signature_validator'

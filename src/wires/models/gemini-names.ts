/**
 * The names of Gemini models, for editors to complete.
 *
 * As of 2026-11-30. Sources:
 * - https://ai.google.dev/gemini-api/docs/models: the models that write text or draw
 * - https://ai.google.dev/gemini-api/docs/deprecations: without those that are retired, as
 *   gemini-2.5-pro and gemini-2.5-flash are on 2026-12-01
 *
 * @module
 */

/** A model of Google's Gemini API. */
export type GeminiModelName =
  | 'gemini-4-argon'
  | 'gemini-3.8-flash'
  | 'gemini-3.7-flash'
  | 'gemini-3.6-flash'
  | 'gemini-3.5-flash'
  | 'gemini-3.5-flash-lite'
  | 'gemini-3.1-pro-preview'
  | 'gemini-3.1-flash-lite'
  | 'gemini-3.1-flash-image'
  | 'gemini-3-flash-preview'
  | 'gemini-3-pro-image'
  | 'gemini-2.5-flash-lite'
  | 'gemini-pro-latest'
  | 'gemini-flash-latest'

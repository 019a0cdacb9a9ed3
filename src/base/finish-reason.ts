/**
 * Why an answer ended.
 *
 * @module
 */

export const finishReasons = [
  'stop',
  'length',
  'tool-calls',
  'content-filter',
  'pause',
  'other',
] as const

/**
 * Why the model stopped: `stop` (it was done, or reached a stop sequence), `length` (a token
 * limit), `tool-calls` (it waits for tool results), `content-filter` (it refused or was filtered),
 * `pause` (a long turn that must be continued), `other`.
 */
export type FinishReason = (typeof finishReasons)[number]

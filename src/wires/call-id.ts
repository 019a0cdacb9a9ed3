/**
 * Ids for tool calls.
 *
 * @module
 */

/**
 * For a call that the server sent without one. Results are matched by it in a whole conversation, so it has to be another one each
 * time.
 */
export function newCallId(): string {
  return `call_${Math.random().toString(36).slice(2)}`
}

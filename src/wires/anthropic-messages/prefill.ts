/**
 * Which models write on from a last message of the assistant.
 *
 * @module
 * @see https://platform.claude.com/docs/en/build-with-claude/prompt-engineering/prefill-claudes-response
 */

/**
 * Claude up to 4.5 does. Later models refuse such a request with status 400, and so does every model that is thinking; of models
 * of others on this wire nobody knows.
 */
export function takesPrefill(model: string): boolean {
  return /claude-(?:[23]|instant|(?:opus|sonnet|haiku)-4(?:-[015](?!\d)|-\d{6,}|[@:]|$))/.test(
    model,
  )
}

/**
 * Token counts of the Messages wire.
 *
 * @module
 */

import type { Usage } from '../../base/events.js'
import { compact, countOf, isRecord, type Json } from '../read-json.js'

/** The counts of one response, which come in two places. */
export class MessagesUsage {
  readonly #counts: Json = {}

  /**
   * Counts are cumulative: the ones of `message_delta` replace those of `message_start`. There is always input, so none of it is what
   * a server says that counts it in one place only.
   */
  overlay(usage: unknown): void {
    if (!isRecord(usage)) return
    for (const [name, value] of Object.entries(usage)) {
      const unsaid = value === 0 && name === 'input_tokens' && name in this.#counts
      if (value !== null && !unsaid) this.#counts[name] = value
    }
  }

  read(): Usage {
    const counts = this.#counts
    const fresh = countOf(counts, 'input_tokens')
    const read = countOf(counts, 'cache_read_input_tokens')
    const written = countOf(counts, 'cache_creation_input_tokens')
    const input = fresh === undefined ? undefined : fresh + (read ?? 0) + (written ?? 0)
    const output = countOf(counts, 'output_tokens')
    return compact({
      inputTokens: input,
      outputTokens: output,
      totalTokens: input === undefined || output === undefined ? undefined : input + output,
      reasoningTokens: countOf(counts.output_tokens_details, 'thinking_tokens'),
      cachedInputTokens: read,
      cacheWriteInputTokens: written,
    })
  }
}

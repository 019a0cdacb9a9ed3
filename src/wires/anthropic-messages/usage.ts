/**
 * Token counts of the Messages wire.
 *
 * @module
 */

import type { Usage } from '../../base/events.js'
import { compact, countOf, isRecord, type Json, recordsOf } from '../../base/read-json.js'

/** The counts of one response, which come in two places. */
export class MessagesUsage {
  readonly #counts: Json = {}

  /**
   * Counts are cumulative: those of `message_delta` replace those of `message_start`. There is always
   * input, so an input of 0 is what a server reports that counts it in one place only.
   */
  overlay(usage: unknown): void {
    if (!isRecord(usage)) return
    for (const [name, value] of Object.entries(usage)) {
      const unsaid = value === 0 && name === 'input_tokens' && this.#counts[name] != null
      if (unsaid || (value === null && name in this.#counts)) continue
      this.#counts[name] = value
    }
  }

  /** All counts as they were sent; undefined if there were none. */
  raw(): Json | undefined {
    return Object.keys(this.#counts).length > 0 ? { ...this.#counts } : undefined
  }

  read(): Usage {
    const fresh = this.#sum('input_tokens')
    const read = this.#sum('cache_read_input_tokens')
    const written = this.#sum('cache_creation_input_tokens')
    const input = fresh === undefined ? undefined : fresh + (read ?? 0) + (written ?? 0)
    const output = this.#sum('output_tokens')
    return compact({
      inputTokens: input,
      outputTokens: output,
      totalTokens: input === undefined || output === undefined ? undefined : input + output,
      reasoningTokens: countOf(this.#counts.output_tokens_details, 'thinking_tokens'),
      cachedInputTokens: read,
      cacheWriteInputTokens: written,
    })
  }

  /**
   * The counts at the top leave out compaction, which the iterations hold too. An advisor is another
   * model with other prices, so its tokens are not mixed in.
   */
  #sum(name: string): number | undefined {
    const counts = recordsOf(this.#counts.iterations).flatMap((each) =>
      each.type === 'advisor_message' ? [] : (countOf(each, name) ?? []),
    )
    return counts.length > 0
      ? counts.reduce((sum, count) => sum + count)
      : countOf(this.#counts, name)
  }
}

/**
 * Where the provider's cache of prompts ends.
 *
 * @module
 * @see https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */

import type { CacheMark } from '../../base/messages.js'
import { type Json, recordsOf } from '../../base/read-json.js'

/** The provider refuses a request with more. */
const maxBreakpoints = 4

/** Other kinds, such as thinking, refuse a breakpoint, and so may those that are added later. */
const cacheable =
  /^(?:text|image|document|search_result|container_upload|compaction|\w*tool_use|\w*tool_result)$/

export function isCacheable({ type }: Json): boolean {
  return typeof type === 'string' && cacheable.test(type)
}

/** The marks of one request, by the tools and blocks that they stand on. */
export class CacheMarks {
  readonly #marks = new Map<Json, CacheMark>()

  /** @param block - one of ours, which may be changed later */
  add<Block extends Json>(block: Block, mark: CacheMark | undefined): Block {
    if (mark === undefined) return block
    // An hour includes the usual time.
    if (this.#marks.get(block) !== '1h') this.#marks.set(block, mark)
    return block
  }

  /**
   * Turns the last marks into breakpoints. The caller's own `cache_control` stays as it is and counts
   * as one of them, and so does the automatic one of the request.
   *
   * @param body - the whole request, which is changed
   */
  place(body: Json, automatic: CacheMark | undefined): void {
    if (this.#marks.size === 0 && automatic === undefined) return
    const blocks = blocksOf(body)
    const isOwn = (block: Json): boolean => block.cache_control == null && this.#marks.has(block)
    const last = blocks.at(-1)
    // Beside a breakpoint on the last block the automatic one is superfluous, or refused.
    const isMarked = last !== undefined && (isOwn(last) || last.cache_control != null)
    const given = body.cache_control
    if (automatic !== undefined && given === undefined && !isMarked) {
      body.cache_control = breakpoint(automatic === '1h')
    }
    if (isMarked && last !== undefined && isOwn(last)) this.add(last, automatic)
    const taken = blocks.filter((block) => block.cache_control != null).length
    let free = maxBreakpoints - taken - (body.cache_control == null ? 0 : 1)
    // The provider refuses an hour after a shorter time. What stands before is within that hour.
    let hour = isHour(body)
    for (const block of blocks.toReversed()) {
      if (isOwn(block)) {
        if (free-- <= 0) continue
        hour ||= this.#marks.get(block) === '1h'
        block.cache_control = breakpoint(hour)
      } else hour ||= isHour(block)
    }
  }
}

function breakpoint(hour: boolean): Json {
  return { type: 'ephemeral', ...(hour ? { ttl: '1h' } : {}) }
}

function isHour({ cache_control }: Json): boolean {
  return (cache_control as { ttl?: unknown } | null | undefined)?.ttl === '1h'
}

/** Everything that can be a breakpoint, in the order in which the provider reads it. */
function blocksOf({ tools, system, messages }: Json): Json[] {
  const inMessages = recordsOf(messages).flatMap(({ content }) =>
    recordsOf(content).flatMap((block) =>
      block.type === 'tool_result' ? [...recordsOf(block.content), block] : [block],
    ),
  )
  return [...recordsOf(tools), ...recordsOf(system), ...inMessages]
}

/**
 * What the generations of Claude take.
 *
 * As of 2026-11-30. Sources:
 * - limits: https://platform.claude.com/docs/en/about-claude/models/overview
 * - thinking: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 * - switching it off: https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting,
 *   https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5,
 *   https://platform.claude.com/docs/en/models/sonnet-5-5/whats-new-sonnet-5-5,
 *   https://platform.claude.com/docs/en/models/fable-5/migration-guide
 * - efforts: https://platform.claude.com/docs/en/build-with-claude/effort, quoted in
 *   https://github.com/Yeachan-Heo/gajae-code/issues/3913
 *
 * @module
 */

import { compact } from '../../base/read-json.js'
import { rememberLast } from '../../base/remember-last.js'
import type { ReasoningEffort } from '../../base/request.js'

/** What a model takes on the Messages API. */
export interface ClaudeTraits {
  /** The most that the model writes, thinking included, in tokens. */
  readonly maxTokens: number
  /** The limit of an answer for which the request sets none, in tokens. */
  readonly defaultMaxTokens: number
  /**
   * `budget`: the request sets how many tokens to think. `adaptive`: the request sets an effort, and
   * a budget is refused. `both`: either.
   */
  readonly thinking: 'budget' | 'both' | 'adaptive'
  /**
   * The efforts of adaptive thinking, in ascending order. `reasoning.effort` is sent as the nearest
   * of them.
   */
  readonly efforts: readonly ReasoningEffort[]
  /** Whether the model takes `temperature` and `topP`: both, one of them, or none. */
  readonly sampling: 'both' | 'one' | 'none'
  /** Whether the model continues a last message of the assistant. Others refuse such a request. */
  readonly takesPrefill: boolean
  /** What switches thinking off: leaving it out, a type of `thinking`, or nothing (`never`). */
  readonly thinkingOff: 'omit' | 'disabled' | 'between_tools' | 'never'
}

/**
 * The traits of a model by the version in its name, as 405 for 4.5.
 *
 * @param traits - the caller's own, which override those of the version
 */
export function describeClaude(model: string, traits: Partial<ClaudeTraits> = {}): ClaudeTraits {
  return { ...listed(model), ...compact(traits) }
}

const listed = /* @__PURE__ */ rememberLast((model: string) => traitsOf(versionOf(model), model))

function traitsOf(version: number | undefined, model: string): ClaudeTraits {
  if (version === undefined) {
    // Another maker's model gets what all take.
    return {
      maxTokens: Number.POSITIVE_INFINITY,
      defaultMaxTokens: 8192,
      thinking: 'budget',
      efforts: ['low', 'medium', 'high'],
      sampling: 'both',
      takesPrefill: false,
      thinkingOff: 'disabled',
    }
  }
  const maxTokens = maxTokensOf(version, model)
  return {
    maxTokens,
    // Before 4.5 a prompt is refused that leaves no room for the whole limit in the context window.
    defaultMaxTokens: Math.min(maxTokens, version < 405 ? 32_000 : 64_000),
    thinking: version < 406 ? 'budget' : version < 407 ? 'both' : 'adaptive',
    efforts:
      version < 407 || version === preview
        ? ['low', 'medium', 'high', 'max']
        : ['low', 'medium', 'high', 'xhigh', 'max'],
    sampling: version < 401 ? 'both' : version < 407 ? 'one' : 'none',
    takesPrefill: version <= 405,
    thinkingOff: thinkingOffOf(version, model),
  }
}

/** From Claude 5 on, models think by default, and some of them always. */
function thinkingOffOf(version: number, model: string): ClaudeTraits['thinkingOff'] {
  if (version < 500) return 'omit'
  const name = model.toLowerCase()
  if (name.includes('haiku')) return 'disabled'
  if (name.includes('sonnet')) return version === 500 ? 'disabled' : 'between_tools'
  return name.includes('opus') && version === 500 ? 'disabled' : 'never'
}

function maxTokensOf(version: number, model: string): number {
  if (version < 305) return 4096
  if (version < 307) return 8192
  if (version < 405) return model.includes('opus') ? 32_000 : 64_000
  return version < 406 || model.includes('haiku') ? 64_000 : 128_000
}

/** The version of claude-mythos-preview, whose name has none. It takes what the newest models do. */
const preview = Number.POSITIVE_INFINITY

/**
 * `claude-3-5-sonnet-20241022`, `claude-opus-4@20250514`, `us.anthropic.claude-sonnet-4-5-v1:0`: a
 * date is no minor version.
 */
function versionOf(model: string): number | undefined {
  const name = model.toLowerCase()
  const version = /claude-(?:v|[a-z]+-)?(\d)(?:[-.](\d{1,2})(?!\d))?/.exec(name)
  if (version === null) return name.includes('claude-mythos') ? preview : undefined
  const [, major, minor = 0] = version
  return Number(major) * 100 + Number(minor)
}

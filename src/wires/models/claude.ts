/**
 * What the generations of Claude take.
 *
 * @module
 * @see https://platform.claude.com/docs/en/about-claude/models/overview
 */

/** Of another maker's model on this wire nobody knows, so it gets what all take. */
export interface Claude {
  /** How much it may write, thinking included, in tokens. */
  readonly maxTokens: number
  /** The limit of an answer that was given none, in tokens. */
  readonly defaultMaxTokens: number
  /** `budget`: it is told how many tokens to think. `adaptive`: it decides, and is told an effort; a budget is refused. */
  readonly thinking: 'budget' | 'both' | 'adaptive'
  /** `temperature` and `top_p`: both, one of them, or none is taken. */
  readonly sampling: 'both' | 'one' | 'none'
  /** It writes on from a last message of the assistant. Others refuse such a request. */
  readonly takesPrefill: boolean
}

/** By the version, as 405 for 4.5. */
export function describeClaude(model: string): Claude {
  const version = versionOf(model)
  if (version === undefined) {
    const maxTokens = Number.POSITIVE_INFINITY
    return {
      maxTokens,
      defaultMaxTokens: 8192,
      thinking: 'budget',
      sampling: 'both',
      takesPrefill: false,
    }
  }
  const maxTokens = maxTokensOf(version, model)
  return {
    maxTokens,
    // Before 4.5 a prompt is refused that leaves no room for the whole limit in the context window.
    defaultMaxTokens: Math.min(maxTokens, version < 405 ? 32_000 : 64_000),
    thinking: version < 406 ? 'budget' : version < 407 ? 'both' : 'adaptive',
    sampling: version < 401 ? 'both' : version < 407 ? 'one' : 'none',
    takesPrefill: version <= 405,
  }
}

function maxTokensOf(version: number, model: string): number {
  if (version < 305) return 4096
  if (version < 307) return 8192
  if (version < 405) return model.includes('opus') ? 32_000 : 64_000
  return version < 406 || model.includes('haiku') ? 64_000 : 128_000
}

/** Its names have no version, and it takes what the newest do. */
const newest = /claude-mythos/

/** `claude-3-5-sonnet-20241022`, `claude-opus-4@20250514`, `us.anthropic.claude-sonnet-4-5-v1:0`: a date is no minor version. */
function versionOf(model: string): number | undefined {
  const name = model.toLowerCase()
  const version = /claude-(?:v|[a-z]+-)?(\d)(?:[-.](\d{1,2})(?!\d))?/.exec(name)
  if (version === null) return newest.test(name) ? Number.POSITIVE_INFINITY : undefined
  const [, major, minor = 0] = version
  return Number(major) * 100 + Number(minor)
}

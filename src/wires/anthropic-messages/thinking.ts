/**
 * How a model is told to think.
 *
 * @module
 * @see https://platform.claude.com/docs/en/build-with-claude/extended-thinking
 * @see https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 */

import type { StreamRequest } from '../../base/request.js'
import type { Claude } from '../models/claude.js'
import type { Json } from '../read-json.js'

export interface Thinking {
  /** Undefined where the model shall not be told to think. */
  thinking: Json | undefined
  effort: string | undefined
  /** What of the limit is for thinking alone, in tokens. */
  budget: number
}

/** Efforts as budgets, in tokens. 1,024 is the least that is accepted. */
const effortBudgets = { minimal: 1024, low: 2048, medium: 8192, high: 24_576 }

/** At least this much of the limit stays for the answer, in tokens. */
const minAnswer = 1024

/** @param resumes - the model goes on with a turn of its own that did not begin with thinking */
export function encodeThinking(request: StreamRequest, claude: Claude, resumes: boolean): Thinking {
  const { reasoning } = request
  // A call that is forced and thinking exclude each other.
  if (reasoning === undefined || isForced(request))
    return { thinking: undefined, effort: undefined, budget: 0 }
  const { effort, budgetTokens } = reasoning
  const adaptive =
    claude.thinking === 'adaptive' || (claude.thinking === 'both' && budgetTokens === undefined)
  if (adaptive) {
    // The newest models show nothing of it unless they are asked to.
    const display = claude.thinking === 'adaptive' ? { display: 'summarized' } : {}
    return {
      thinking: { type: 'adaptive', ...display },
      effort: effortOf(effort, budgetTokens),
      budget: 0,
    }
  }
  const wanted = budgetTokens ?? (effort && effortBudgets[effort])
  if (wanted === undefined || resumes) return { thinking: undefined, effort: undefined, budget: 0 }
  const most = Math.max(claude.maxTokens - minAnswer, effortBudgets.minimal)
  const budget = Math.min(Math.max(wanted, effortBudgets.minimal), most)
  return { thinking: { type: 'enabled', budget_tokens: budget }, effort: undefined, budget }
}

/** The least that these models know is `low`. A budget says it where there is no effort. */
function effortOf(
  effort: keyof typeof effortBudgets | undefined,
  budgetTokens: number | undefined,
): string | undefined {
  if (effort !== undefined) return effort === 'minimal' ? 'low' : effort
  if (budgetTokens === undefined) return undefined
  if (budgetTokens <= effortBudgets.low) return 'low'
  return budgetTokens <= effortBudgets.medium ? 'medium' : 'high'
}

function isForced({ toolChoice, tools }: StreamRequest): boolean {
  const forced = typeof toolChoice === 'object' || toolChoice === 'required'
  return forced && tools !== undefined && Object.keys(tools).length > 0
}

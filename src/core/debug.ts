/**
 * Hooks that print what a stream does.
 *
 * @module
 */

import { checkOptions, flag, func, type Rules, record } from '../base/check-options.js'
import type { StreamError } from '../base/errors.js'
import type { StreamHooks } from '../base/hooks.js'
import type { LoopHooks } from '../loop/options.js'

/** Options of `debug()`. */
export interface DebugOptions {
  /**
   * Takes each line.
   * @default console.error
   */
  log?: (line: string) => void
  /**
   * Whether errors are printed with their whole message, which may quote the provider and a part of
   * a wrong key.
   * @default false
   */
  wholeMessages?: boolean
  /** Hooks that are called too, such as those of `telemetry()`. */
  hooks?: DebugHooks
}

/** The hooks of a stream and of its tools. */
export type DebugHooks = StreamHooks & Pick<LoopHooks, 'onStep' | 'onToolStart' | 'onToolEnd'>

const rules: Rules<DebugOptions> = { log: func, wholeMessages: flag, hooks: record }

/**
 * Prints each attempt of a stream, its status, waits, tools and end, with the time since its first
 * attempt. One call serves any number of streams. Without `wholeMessages`, a line holds names,
 * numbers and codes: no prompt, no answer, no words of a provider and no key.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const debugHooks = process.env.SLUICE_DEBUG ? debug() : {}
 * createStream({ driver, messages, ...debugHooks })
 * // sluice 4f1c     0 ms  attempt 1: openai gpt-5.5, 3 messages, 2 tools
 * // sluice 4f1c   212 ms  failed: overloaded, status 529; attempt 2 of 3 in 480 ms, which restarts
 * // sluice 4f1c   692 ms  attempt 2: openai gpt-5.5, 3 messages, 2 tools
 * // sluice 4f1c  3104 ms  complete: stop, 2 attempts, 812 tokens in, 164 out, first content after 911 ms
 * ```
 */
export function debug(options: DebugOptions = {}): Required<DebugHooks> {
  checkOptions('debug', options, rules)
  const { log = console.error, wholeMessages = false, hooks = {} } = options
  const begun = new Map<string, number>()
  const print = (id: string, line: string): void => {
    const now = performance.now()
    const at = begun.get(id) ?? now
    begun.set(id, at)
    log(`sluice ${id.slice(0, 4)} ${String(Math.round(now - at)).padStart(5)} ms  ${line}`)
  }
  const describe = (error: StreamError): string => {
    const { code, status, requestId, message } = error
    const facts = [code, status && `status ${status}`, requestId && `request ${requestId}`]
    if (wholeMessages) facts.push(message)
    return facts.filter(Boolean).join(', ')
  }
  return {
    onAttempt(attempt) {
      const { id, attempt: number, step, provider, model, request } = attempt
      const { messages = [], tools = {} } = request
      const asked = [`${provider} ${model}`, counted(messages.length || 1, 'message')]
      const toolCount = Object.keys(tools).length
      if (toolCount > 0) asked.push(counted(toolCount, 'tool'))
      print(id, `${stepOf(step)}attempt ${number}: ${asked.join(', ')}`)
      return hooks.onAttempt?.(attempt)
    },
    onRetry(retry) {
      const { id, attempt, maxAttempts, step, mode, delayMs, error } = retry
      const limit = maxAttempts < Number.MAX_SAFE_INTEGER ? ` of ${maxAttempts}` : ''
      const next = `attempt ${attempt}${limit} in ${Math.round(delayMs)} ms, which ${mode}s`
      print(id, `${stepOf(step)}failed: ${describe(error)}; ${next}`)
      return hooks.onRetry?.(retry)
    },
    onStep(step) {
      const { id, step: number, text, calls } = step
      const names = calls.map(({ name }) => name).join(', ')
      print(
        id,
        `step ${number}: ${text.length} characters, ${names ? `calls ${names}` : 'no calls'}`,
      )
      return hooks.onStep?.(step)
    },
    onToolStart(run) {
      print(run.id, `step ${run.step}: ${run.call.name} runs`)
      return hooks.onToolStart?.(run)
    },
    onToolEnd(run) {
      const { id, step, call, error, durationMs } = run
      const how = error === undefined ? 'is done' : 'failed'
      print(id, `step ${step}: ${call.name} ${how} after ${Math.round(durationMs)} ms`)
      return hooks.onToolEnd?.(run)
    },
    onEnd(end) {
      const { id, attempts, error, finishReason, usage, timing } = end
      const facts = [
        error === undefined ? `complete: ${finishReason}` : `failed: ${describe(error)}`,
        counted(attempts, 'attempt'),
      ]
      if (usage.inputTokens !== undefined) facts.push(`${usage.inputTokens} tokens in`)
      if (usage.outputTokens !== undefined) facts.push(`${usage.outputTokens} out`)
      const { firstContentMs } = timing
      if (firstContentMs !== null) {
        facts.push(`first content after ${Math.round(firstContentMs)} ms`)
      }
      print(id, facts.join(', '))
      begun.delete(id)
      return hooks.onEnd?.(end)
    },
  }
}

function stepOf(step: number | undefined): string {
  return step === undefined ? '' : `step ${step}, `
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/**
 * Calls the hooks of a stream.
 *
 * @module
 */

import { callHook } from '../base/call-hook.js'
import { func, type Rules } from '../base/check-options.js'
import type { CompleteEvent, ErrorEvent, RetryEvent, StartEvent } from '../base/events.js'
import type { StreamHooks } from '../base/hooks.js'
import { compact } from '../base/read-json.js'
import type { StreamRequest } from '../base/request.js'
import type { Attempt } from '../pull/source.js'

export const hookRules: Rules<StreamHooks> = { onAttempt: func, onRetry: func, onEnd: func }

/** @returns undefined if there are no hooks */
export function observe(hooks: StreamHooks, start: StartEvent): Observer | undefined {
  const { onAttempt, onRetry, onEnd } = hooks
  const isWatched = (onAttempt ?? onRetry ?? onEnd) !== undefined
  return isWatched ? new Observer(hooks, start) : undefined
}

export class Observer {
  readonly #hooks: StreamHooks
  readonly #start: StartEvent
  #last: { provider: string; model: string }

  constructor(hooks: StreamHooks, start: StartEvent) {
    this.#hooks = hooks
    this.#start = start
    this.#last = start
  }

  attempt(attempt: Attempt, request: StreamRequest): void {
    this.#last = attempt
    callHook(this.#hooks.onAttempt, { id: this.#start.id, ...attempt, request })
  }

  retry({ type: _type, ...retry }: RetryEvent): void {
    callHook(this.#hooks.onRetry, { id: this.#start.id, ...retry })
  }

  end(end: CompleteEvent | ErrorEvent, timing: CompleteEvent['timing']): void {
    const { onEnd } = this.#hooks
    const { provider, model } = end.type === 'error' ? this.#last : end
    const { attempts, response, usage = {} } = end
    const { id } = this.#start
    const about = { id, provider, model, attempts, usage, timing, ...compact({ response }) }
    if (end.type === 'error') return callHook(onEnd, { ...about, error: end.error })
    const { finishReason, responseId, wasted } = end
    callHook(onEnd, { ...about, finishReason, ...compact({ responseId, wasted }) })
  }
}

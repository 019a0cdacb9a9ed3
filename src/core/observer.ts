/**
 * Calls the hooks of a stream.
 *
 * @module
 */

import { callHook } from '../base/call-hook.js'
import { func, type Rules } from '../base/check-options.js'
import type { CompleteEvent, ErrorEvent, RetryEvent, StartEvent } from '../base/events.js'
import type { StreamHooks } from '../base/hooks.js'
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
    const { id } = this.#start
    const { onEnd } = this.#hooks
    const { attempts } = end
    if (end.type === 'error') {
      const { provider, model } = this.#last
      const { error, usage = {}, response } = end
      const about = response === undefined ? {} : { response }
      return callHook(onEnd, { id, provider, model, attempts, error, ...about, usage, timing })
    }
    const { provider, model, finishReason, responseId, response, usage, wasted } = end
    callHook(onEnd, {
      id,
      provider,
      model,
      attempts,
      finishReason,
      ...(responseId === undefined ? {} : { responseId }),
      ...(response === undefined ? {} : { response }),
      usage,
      ...(wasted === undefined ? {} : { wasted }),
      timing,
    })
  }
}

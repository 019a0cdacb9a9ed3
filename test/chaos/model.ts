/**
 * A model that answers as the plan has it, whatever of the answer it is sent.
 */

import type { Driver } from 'sluice/driver'
import type { Gate } from '../support/gate.ts'
import type { Effects } from './effects.ts'
import { type PlannedTurn, textOfStep, wordsOf } from './plan.ts'

interface Part {
  type: string
  text?: string
  id?: string
  isError?: boolean
  output?: unknown
}

export interface ModelSettings {
  turns: readonly PlannedTurn[]
  effects: Effects
  gate: Gate
  pid: number
}

export function modelOf({ turns, effects, gate, pid }: ModelSettings): Driver {
  /** The steps whose connection has broken in this process. */
  const broken = new Set<string>()
  return {
    provider: 'planned',
    model: 'planned',
    continuation: () => 'prefill',
    async *stream({ messages = [] }, { signal }) {
      const asked = messages.findLastIndex(({ role }) => role === 'user')
      const { content } = messages[asked] as { content: string }
      const turn = turns[Number(/^Turn (\d+)\.$/.exec(content)?.[1])] as PlannedTurn
      const breach = (message: string): never => {
        effects.add({ kind: 'breach', message: `turn ${turn.number}: ${message}`, pid })
        throw new Error(message)
      }
      const parts = messages.slice(asked + 1).flatMap(({ content: each }): Part[] => {
        return typeof each === 'string' ? [{ type: 'text', text: each }] : ([...each] as Part[])
      })
      const results = parts.filter(({ type }) => type === 'tool-result')
      for (const { id: call = '', output } of results) {
        const unknown = JSON.stringify(output).includes('not known')
        effects.add({ kind: 'seen', call, unknown, pid })
      }
      const known = new Set(results.map(({ id }) => id))
      const step = turn.steps.findIndex(({ calls }) => !calls.every(({ id }) => known.has(id)))
      const at = step === -1 ? turn.steps.length - 1 : step
      const before = turn.steps
        .slice(0, at)
        .map((_, each) => textOfStep(turn, each))
        .join('')
      const shown = parts.flatMap(({ text }) => text ?? '').join('')
      if (!`${before}${textOfStep(turn, at)}`.startsWith(shown)) {
        breach(`at step ${at} the model is sent ${JSON.stringify(shown)}`)
      }
      if (!shown.startsWith(before)) breach(`at step ${at} the model is not sent ${before}`)
      const { everyMs, calls, breaksAfter } = turn.steps[at] as PlannedTurn['steps'][0]
      let left = shown.length - before.length
      for (const [index, word] of wordsOf(turn, at).entries()) {
        const text = word.slice(Math.min(left, word.length))
        left -= word.length - text.length
        if (text === '') continue
        await pause(everyMs, signal)
        await gate.pass()
        const name = `${turn.number}.${at}`
        if (index === breaksAfter && !broken.has(name)) {
          broken.add(name)
          throw Object.assign(new TypeError('terminated'), { cause: { code: 'ECONNRESET' } })
        }
        yield { type: 'content', kind: 'text', index: 0, text }
      }
      for (const [index, { id, name }] of calls.entries()) {
        yield { type: 'content', kind: 'tool-call', index: index + 1, id, name, input: '{}' }
      }
      return { finishReason: calls.length > 0 ? 'tool-calls' : 'stop', usage: {} }
    },
  }
}

export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
}

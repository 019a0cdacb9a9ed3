/**
 * What a turn comes to that broke off at each of its points.
 */

import { tool } from 'sluice'
import type { ConversationStore } from 'sluice/conversation'
import { createConversation } from 'sluice/conversation'
import { expect } from 'vitest'
import type { CrashPoint } from '../../support/crash-turn.js'
import { calling, playing, saying } from '../../support/turns.js'

const paid = { type: 'tool-result', id: 'a', output: 'paid' }
const unknown = { id: 'a', isError: true, output: expect.stringContaining('not known') }

type Row = readonly [
  point: CrashPoint,
  once: boolean,
  effectsBefore: number,
  runs: number,
  requests: number,
  result: object,
]

export const rows: readonly Row[] = [
  // The point, once, effects before, runs after, requests after, the result
  ['question', false, 0, 1, 2, paid],
  ['text', false, 0, 1, 2, paid],
  ['before run', false, 0, 1, 1, paid],
  ['before run', true, 0, 0, 1, unknown],
  ['in run', false, 1, 1, 1, paid],
  ['in run', true, 1, 0, 1, unknown],
  ['next step', true, 1, 0, 1, paid],
  ['commit', true, 1, 0, 1, paid],
]

/** Resumes the turn elsewhere, and checks that it ends whole and once. */
export async function checkResumed(
  store: ConversationStore,
  [point, once, effectsBefore, runs, requestCount, result]: Row,
  effects: readonly string[],
): Promise<void> {
  const keys: string[] = []
  const pay = tool({
    parameters: { type: 'object' },
    once,
    run: (_input: object, { key }) => {
      keys.push(key)
      return 'paid'
    },
  })
  const asksFirst = point === 'question' || point === 'text'
  const scripts = [...(asksFirst ? [calling(['a', 'pay'])] : []), saying('Done.')]
  const { driver, requests } = playing(...scripts)
  const conversation = createConversation({ id: 'c', store, driver, tools: { pay }, leaseMs: 500 })
  const complete = await conversation.resume().final()
  expect(effects).toHaveLength(effectsBefore)
  expect(keys).toHaveLength(runs)
  // What runs again has the same key, so that the other side can tell.
  expect(new Set([...effects, ...keys]).size).toBeLessThanOrEqual(1)
  expect(requests).toHaveLength(requestCount)
  expect(complete).toMatchObject({ finishReason: 'stop', text: 'Done.' })
  expect(await conversation.messages()).toMatchObject([
    { role: 'user', content: 'Pay.' },
    {
      role: 'assistant',
      key: 'k',
      content: [{ type: 'tool-call', id: 'a' }, result, { type: 'text', text: 'Done.' }],
    },
  ])
  expect((await conversation.read()).draft).toBeUndefined()
  // The next send with the key gives this answer, and nothing runs.
  const again = await conversation.send('Pay.', { key: 'k' }).final()
  expect(again.text).toBe('Done.')
  expect(keys).toHaveLength(runs)
  expect(requests).toHaveLength(requestCount)
}

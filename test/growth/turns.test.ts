/** Turns with tools: twice the input takes at most about twice the CPU. */

import { createStream, type Message } from 'sluice'
import { expect, test } from 'vitest'
import { growth } from '../support/growth.js'
import { calling, parameters, playing, saying } from '../support/turns.js'

const signingKey = 'a key of at least sixteen characters'

const turns: [what: string, count: number, make: (count: number) => () => Promise<void>][] = [
  ['calls of one step', 1_000, (count) => () => turn(idsOf(count), { toolConcurrency: 50 })],
  ['calls of one step, all at once', 1_000, (count) => () => turn(idsOf(count), {})],
  ['calls of one step with one id', 1_000, (count) => () => turn(Array(count).fill('a'), {})],
  ['sealed calls', 500, (count) => () => turn(idsOf(count), { signingKey })],
  [
    'open calls of the messages',
    2_000,
    (count) => {
      const calls = idsOf(count).map(
        (id) => ({ type: 'tool-call', id, name: 'f', input: {} }) as const,
      )
      const messages: Message[] = [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: calls },
      ]
      return () => turn([], { messages })
    },
  ],
  [
    'preliminary results',
    20_000,
    (count) => async () => {
      async function* run() {
        for (let at = 0; at < count; at++) yield at
      }
      const { driver } = playing(calling(['a', 'f']), saying('Done.'))
      await createStream({ driver, prompt: 'Hi', tools: { f: { parameters, run } } }).text()
    },
  ],
]

test.each(turns)(
  '%s',
  async (_what, count, make) => {
    expect(await growth(count, make)).toBeLessThan(3)
  },
  60_000,
)

function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `c${at}`)
}

async function turn(ids: readonly string[], options: object): Promise<void> {
  const { driver } = playing(
    ...(ids.length > 0 ? [calling(...ids.map((id) => [id, 'f'] as const))] : []),
  )
  const given = 'messages' in options ? {} : { prompt: 'Hi' }
  const run = () => 'ok'
  const { steps } = await createStream({
    driver,
    ...given,
    tools: { f: { parameters, run } },
    ...options,
  }).final()
  expect(steps?.length).toBeGreaterThan(0)
}

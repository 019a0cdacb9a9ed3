/** The connections of the providers behind fallbacks and hedges. */

import { expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { CompleteEvent, StreamEvent } from '../../src/base/events.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, fallback, hedge, retry } from '../../src/entries/index.js'
import { type Fault, type SimulatedProvider, simulatedProvider } from '../../src/entries/testing.js'
import type { AnswerOption } from '../../src/testing/providers/simulated-provider.js'
import { collect, outline } from '../support/collect.js'

const stall = { fault: { kind: 'stall', afterEvents: 0 } } as const
const limitMs = 100
const baseURL = 'http://provider.test/v1'

interface Served extends AsyncDisposable {
  provider: SimulatedProvider
  driver: Driver
}

async function serve(name: string, answer: AnswerOption): Promise<Served> {
  const provider = simulatedProvider({ paceMs: 0, answer })
  const server = await provider.listen()
  const driver = compatible({ name, model: 'm', apiKey: 'k', baseURL: `${server.url}/v1` })
  return { provider, driver, [Symbol.asyncDispose]: () => server.close() }
}

/** How the requests of a provider ended, if that was soon. */
async function closings({ provider }: Pick<Served, 'provider'>): Promise<string[]> {
  const states = provider.requests.map(() => 'still open')
  const all = provider.requests.map(({ closed }, index) =>
    closed.then((closing) => {
      states[index] = closing
    }),
  )
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([Promise.all(all), late])
  clearTimeout(timer)
  // On a busy machine the timer can be due before events that arrived in time are handled.
  await turns(20)
  return states
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('a hedge closes the losing connection at the first content of the other one', async () => {
  await using slow = await serve('slow', stall)
  await using fast = await serve('fast', 'Hello!')
  const driver = hedge(slow.driver, fast.driver, { afterMs: 20 })
  let checked = false
  for await (const event of createStream({ driver, prompt: 'p', retry: false })) {
    if (event.type !== 'content' || checked) continue
    checked = true
    expect(await closings(slow)).toEqual(['aborted'])
  }
  expect(checked).toBe(true)
  expect(await closings(fast)).toEqual(['finished'])
})

/**
 * Two drivers. The first one reports usage and then fails with the given fault. The second one
 * answers after that.
 *
 * @param beside - whether the first one waits for the second one to be called
 */
function inTurn(fault: Fault, beside: boolean): [Driver, Driver] {
  const slow = simulatedProvider({
    paceMs: 0,
    answer: async () => {
      if (beside) while (fast.requests.length === 0) await turns(1)
      return { text: 'late', usage: { inputTokens: 40 }, fault }
    },
  })
  const fast = simulatedProvider({
    paceMs: 0,
    answer: async () => {
      while (slow.requests[0]?.sent !== 1) await turns(1)
      await turns(20)
      return { text: 'Hello!', usage: { inputTokens: 7 } }
    },
  })
  return [
    anthropic({ model: 'm', apiKey: 'k', fetch: slow.fetch }),
    compatible({ name: 'fast', model: 'm', baseURL, apiKey: 'k', fetch: fast.fetch }),
  ]
}

test.each([
  ['lost', { kind: 'stall', afterEvents: 1 }],
  ['failed during the race', { kind: 'cut', afterEvents: 1 }],
] as const)('the reported usage of a hedge that %s is in complete.wasted', async (_how, fault) => {
  const driver = hedge(...inTurn(fault, true), { afterMs: 0 })
  const events = await collect(createStream({ driver, prompt: 'p', retry: false }))
  expect(events.map(({ type }) => type)).not.toContain('retry')
  expect(events.at(-1)).toMatchObject({
    provider: 'fast',
    usage: { inputTokens: 7 },
    wasted: { inputTokens: 40 },
  })
})

test.each([
  ['hedge', (one: Driver, other: Driver) => hedge(one, other, { afterMs: Infinity })],
  ['fallback', fallback],
])('the usage of a failed attempt is reported once by %s', async (_name, combine) => {
  const driver = combine(...inTurn({ kind: 'cut', afterEvents: 1 }, false))
  const events = await collect(createStream({ driver, prompt: 'p', retry: false }))
  expect(events[1]).toMatchObject({ type: 'retry', usage: { inputTokens: 40 } })
  expect(events.at(-1)).toMatchObject({ provider: 'fast', wasted: { inputTokens: 40 } })
})

test('a hedge closes both connections when the reader stops before any content', async () => {
  await using first = await serve('first', stall)
  await using second = await serve('second', stall)
  const driver = hedge(first.driver, second.driver, { afterMs: 0 })
  const controller = new AbortController()
  const { signal } = controller
  const events = collect(createStream({ driver, prompt: 'p', signal }))
  while (first.provider.requests.length + second.provider.requests.length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  controller.abort()
  expect(await closings(first)).toEqual(['aborted'])
  expect(await closings(second)).toEqual(['aborted'])
  expect(outline(await events)).toEqual(['start', 'error aborted'])
})

test('a fallback closes the connection of a provider that stalls and calls the next one', async () => {
  await using stalling = await serve('stalling', {
    text: 'one two three four',
    fault: { kind: 'stall', afterEvents: 3 },
  })
  await using healthy = await serve('healthy', 'Hello!')
  const driver = fallback(stalling.driver, healthy.driver)
  const timeout = { chunkMs: 400 }
  let told: StreamEvent | undefined
  for await (const event of createStream({ driver, prompt: 'p', retry: false, timeout })) {
    if (event.type === 'retry') expect(await closings(stalling)).toEqual(['aborted'])
    told = event
  }
  expect(told).toMatchObject({ type: 'complete', text: 'Hello!', provider: 'healthy' })
})

test('a fallback continues with the next provider after a refused connection, a cut answer and an error status', async () => {
  const nobody = await simulatedProvider().listen()
  await nobody.close()
  const gone = compatible({ name: 'gone', model: 'm', baseURL: `${nobody.url}/v1` })
  await using cut = await serve('cut', {
    text: 'one two three',
    fault: { kind: 'cut', afterEvents: 3 },
  })
  await using refusing = await serve('refusing', { fault: { kind: 'status', status: 401 } })
  await using healthy = await serve('healthy', 'Hello!')
  const driver = fallback(gone, cut.driver, refusing.driver, healthy.driver)
  const events = await collect(createStream({ driver, prompt: 'p' }))
  expect(outline(events).filter((line) => !line.startsWith('text'))).toEqual([
    'start',
    'retry 2/4 restart network',
    'retry 3/4 restart network',
    'retry 4/4 restart auth',
    'complete Hello!',
  ])
  const asked = [cut, refusing, healthy].map(({ provider }) => provider.requests.length)
  expect(asked).toEqual([1, 1, 1])
})

test('a hedge reads neither provider ahead of the reader', async () => {
  const text = 'word '.repeat(20_000)
  const providers = [
    simulatedProvider({ paceMs: 0, answer: text }),
    simulatedProvider({ paceMs: 0, answer: text }),
  ]
  const [first, second] = providers.map(({ fetch }) =>
    compatible({ model: 'm', apiKey: 'k', baseURL, fetch }),
  ) as [Driver, Driver]
  const driver = retry(fallback(hedge(first, second, { afterMs: 0 }), first))
  const iterator = createStream({ driver, prompt: 'p' })[Symbol.asyncIterator]()
  await iterator.next()
  await iterator.next()
  await turns(50)
  const sent = providers.flatMap(({ requests }) => requests.map((request) => request.sent))
  expect(Math.max(...sent)).toBeLessThan(8)
  await iterator.return?.()
})

test('the complete answer is the same through all layers', async () => {
  const text = 'word '.repeat(500)
  await using server = await serve('one', text)
  const { driver } = server
  const nested = retry(fallback(hedge(driver, driver, { afterMs: 60_000 }), driver))
  const complete: CompleteEvent = await createStream({ driver: nested, prompt: 'p' }).final()
  expect(complete.text).toBe(text)
  expect(server.provider.requests).toHaveLength(1)
})

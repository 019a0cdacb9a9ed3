import { describe, expect, test } from 'vitest'
import type { Driver, DriverContext } from '../../src/base/driver.js'
import { StreamError } from '../../src/base/errors.js'
import type { StreamRequest } from '../../src/base/request.js'
import {
  type DriverScenario,
  type Script,
  scripted,
  testDriver,
} from '../../src/entries/testing.js'

function scriptFor(scenario: DriverScenario): Script {
  if (scenario.kind === 'refused') {
    return [new StreamError('overloaded', 'busy', { status: scenario.status })]
  }
  const words = [...scenario.text]
  switch (scenario.kind) {
    case 'answer':
      return [{ chunk: words.slice(0, 2) }, ...words.slice(2)]
    case 'cut':
      return [...words, new StreamError('interrupted', 'cut')]
    case 'in-band-error':
      return [...words, new StreamError('server', 'failed')]
    case 'stall':
      return [...words, { hang: true }]
  }
}

testDriver({ name: 'scripted', test, driver: (scenario) => scripted(scriptFor(scenario)) })

type Stream = Driver['stream']

/** Runs the suite against a driver with one fault, and returns the names of the failed tests. */
async function failures(stream: (whole: Stream, scenario: DriverScenario) => Stream) {
  const runs: [string, () => Promise<void>][] = []
  testDriver({
    name: 'broken',
    test: (name, run) => runs.push([name.replace('broken: ', ''), run]),
    deadlineMs: 20,
    driver: (scenario) => {
      const whole = scripted(scriptFor(scenario))
      return { ...whole, stream: stream(whole.stream, scenario) }
    },
  })
  const failed: Record<string, string> = {}
  for (const [name, run] of runs) {
    await run().catch((error: unknown) => {
      failed[name] = error instanceof Error ? error.message : String(error)
    })
  }
  return failed
}

const deaf = (whole: Stream): Stream => {
  const { signal } = new AbortController()
  return (request, context) => whole(request, { ...context, signal })
}

describe('testDriver()', () => {
  test('testDriver() passes a driver that keeps its contract', async () => {
    expect(await failures((whole) => whole)).toEqual({})
  })

  test('testDriver() detects a driver that ignores its signal', async () => {
    expect(Object.keys(await failures(deaf))).toEqual([
      'throws when it is aborted while waiting for content',
      'throws when it was aborted before the start',
    ])
  })

  test('testDriver() detects a driver that completes after an abort', async () => {
    const failed = await failures(
      (whole) =>
        async function* (request, context) {
          try {
            return yield* whole(request, context)
          } catch (error) {
            if (!context.signal.aborted) throw error
            return undefined as never
          }
        },
    )
    expect(Object.keys(failed)).toEqual([
      'throws when it is aborted while waiting for content',
      'throws when it was aborted before the start',
    ])
  })

  test('testDriver() detects a driver that completes after a cut', async () => {
    const failed = await failures(
      (whole, { kind }) =>
        async function* (request, context) {
          try {
            return yield* whole(request, context)
          } catch (error) {
            if (kind !== 'cut' && kind !== 'in-band-error') throw error
            return { finishReason: 'stop', usage: {} }
          }
        },
    )
    expect(Object.keys(failed)).toEqual([
      'throws a retryable error when the connection is cut',
      'throws an error in the stream after the content before it',
    ])
  })

  test("testDriver() accepts the platform's own error for a cut connection", async () => {
    const failed = await failures(
      (whole, { kind }) =>
        async function* (request, context) {
          try {
            return yield* whole(request, context)
          } catch (error) {
            throw kind === 'cut' ? new TypeError('terminated') : error
          }
        },
    )
    expect(failed).toEqual({})
  })

  test('testDriver() detects other errors, a missing status, and unreported bytes', async () => {
    const failed = await failures(
      (whole) =>
        async function* (request, context) {
          try {
            return yield* whole(request, { ...context, onBytes: () => {} })
          } catch {
            throw new Error('vague')
          }
        },
    )
    expect(Object.keys(failed)).toEqual([
      'reports bytes before the first content',
      'throws a retryable error when the connection is cut',
      'throws an error with the status of a refused request',
      'throws an error in the stream after the content before it',
    ])
  })

  test('testDriver() detects shared state, a changed request, and lost text', async () => {
    const shared = () => {
      let running: AsyncGenerator | undefined
      return (whole: Stream): Stream =>
        (request: StreamRequest, context: DriverContext) => {
          const mine = whole(request, context)
          running ??= mine
          return running as typeof mine
        }
    }
    expect(Object.keys(await failures((whole) => shared()(whole)))).toContain(
      'keeps concurrent streams apart',
    )
    const changed = await failures((whole) => (request, context) => {
      request.prompt = 'mine'
      return whole(request, context)
    })
    expect(Object.keys(changed)).toEqual(['does not change the request'])
    const lost = await failures(
      (whole) =>
        async function* (request, context) {
          const stream = whole(request, context)
          await stream.next()
          return yield* stream
        },
    )
    expect(lost['yields only valid content and retry events, with the complete text']).toContain(
      'expected the text',
    )
  })

  test('testDriver() detects wrong block numbers, unknown kinds, and a missing completion', async () => {
    const sentence = 'yields only valid content and retry events, with the complete text'
    const wrong = (event: object) =>
      failures(
        (whole) =>
          async function* (request, context) {
            yield { type: 'content', index: 0, kind: 'text', text: '', ...event } as never
            return yield* whole(request, context)
          },
      )
    expect((await wrong({ index: 1 }))[sentence]).toContain('the next new block is 0')
    expect((await wrong({ kind: 'image' }))[sentence]).toContain('unknown kind of content')
    expect((await wrong({ text: 3 }))[sentence]).toContain('text must be a string')
    expect((await wrong({ type: 'start' }))[sentence]).toContain('content and retry events')
    const error = new StreamError('network', 'x')
    const retry = { type: 'retry', attempt: 2, maxAttempts: 3, delayMs: 0, mode: 'restart', error }
    expect((await wrong({ ...retry, from: -1 }))[sentence]).toContain(
      'from is the index of a block',
    )
    expect((await wrong({ ...retry, from: 0 }))[sentence]).toBeUndefined()
    const failed = await failures(
      (whole) =>
        async function* (request, context) {
          return { ...(yield* whole(request, context)), finishReason: 'done' as never }
        },
    )
    expect(failed['returns a completion with a finish reason']).toContain('finishReason is one of')
  })

  test('testDriver() detects a driver that cannot be returned', async () => {
    const failed = await failures((whole) => (request, context) => {
      const stream = whole(request, context)
      stream.return = () => new Promise(() => {})
      return stream
    })
    expect(Object.keys(failed)).toEqual(['ends when its generator is returned early'])
  })
})

/**
 * What SECURITY.md says is guarded, where no other test looks.
 */

import { inspect } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { createStream, type StreamEvent, sse, toResponse } from '../src/entries/index.js'
import { type Fault, simulatedProvider } from '../src/entries/testing.js'
import { collect } from './support/collect.js'
import { everyDriver } from './support/every-driver.js'

const apiKey = 'secret-key-0123456789'
const prompt = 'secret-prompt-0123456789'

const faults: Record<string, Fault> = {
  'is refused': { kind: 'refuse' },
  'has status 401': { kind: 'status', status: 401 },
  'has status 500': { kind: 'status', status: 500 },
  'is cut': { kind: 'cut', afterEvents: 1 },
  'ends early': { kind: 'end', afterEvents: 1 },
  'has an error inside': { kind: 'error', afterEvents: 1 },
}

describe.each(everyDriver)('with $name', (row) => {
  const closing: (() => Promise<void>)[] = []
  afterAll(() => Promise.all(closing.map((close) => close())))

  test.each(Object.entries(faults))(
    'no event, error or cause holds the key or the prompt when the answer %s',
    async (_name, fault) => {
      const provider = simulatedProvider({ paceMs: 0, answer: { text: 'a b c', fault } })
      const { url, close } = await provider.listen()
      closing.push(close)
      const retry = { maxRetries: 1, minDelayMs: 0 }
      const events = await collect(
        createStream({ driver: row.driver({ url, apiKey }), prompt, retry }),
      )
      expect(provider.requests.at(-1)?.body).toMatchObject(expect.anything())
      expect(events.at(-1)).toMatchObject({ type: 'error' })
      const everything = inspect(events, { depth: 30, showHidden: true, maxStringLength: null })
      expect(everything).toContain('StreamError')
      expect(everything).not.toContain(apiKey)
      expect(everything).not.toContain(prompt)
    },
  )
})

test('an event of no known type is refused, so nothing breaks out of its line', async () => {
  async function* events(): AsyncGenerator<StreamEvent> {
    yield { type: 'start', id: 'i', provider: 'p', model: 'm' }
    yield { type: 'x\n\nevent: complete\ndata: {}' } as never
  }
  const text = await (await toResponse(events(), sse())).text()
  expect(text.match(/^event: .*$/gm)).toEqual(['event: start', 'event: error'])
})

/**
 * Drivers that are plain async generators, over real sockets: what their platform throws is classified for them.
 */

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Driver, DriverYield } from '../../src/base/driver.js'
import { createStream } from '../../src/entries/index.js'
import { closedPort } from '../support/closed-port.js'
import { collect, outline } from '../support/collect.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Yields what the body holds, and handles no error. */
function plain(url: () => string): Driver {
  return {
    provider: 'plain',
    model: 'm',
    async *stream(_request, { signal, onBytes }) {
      const response = await fetch(url(), { signal })
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) {
        onBytes()
        yield { type: 'content', kind: 'text', index: 0, text: decoder.decode(chunk) }
      }
      return { finishReason: 'stop', usage: {} }
    },
  }
}

const retry = { minDelayMs: 0, maxDelayMs: 0 }

test('a cut connection is retried', async () => {
  let requests = 0
  const url = await serve((_request, response) => {
    response.write('Hello')
    if (++requests > 1) response.end('!')
    else setTimeout(() => response.socket?.resetAndDestroy(), 20)
  })
  const events = await collect(createStream({ driver: plain(() => url), prompt: 'p', retry }))
  expect(outline(events).filter((line) => !line.startsWith('text'))).toEqual([
    'start',
    'retry 2/3 restart network',
    'complete Hello!',
  ])
  expect(requests).toBe(2)
})

test('a refused connection is retried, and the error names the driver', async () => {
  const alive = await serve((_request, response) => response.end('Hello'))
  const urls = [await closedPort(), await closedPort(), alive]
  const driver = plain(() => urls.shift() ?? '')
  const events = await collect(createStream({ driver, prompt: 'p', retry }))
  expect(outline(events)).toEqual([
    'start',
    'retry 2/3 restart network',
    'retry 3/3 restart network',
    'text Hello',
    'complete Hello',
  ])
  expect(events[1]).toMatchObject({
    error: { provider: 'plain', message: expect.stringContaining('plain: the connection failed') },
  })
})

const mistakes: [string, () => unknown][] = [
  ['a call of no function', () => (undefined as never as () => void)()],
  ['JSON that is none', () => JSON.parse('{"a"')],
  ['an error of its own', () => Promise.reject(new Error('my bug'))],
]

test.each(mistakes)('%s is unknown, and not retried', async (_name, run) => {
  let runs = 0
  const driver: Driver = {
    provider: 'plain',
    model: 'm',
    async *stream() {
      runs++
      await run()
      yield [] as DriverYield
      return { finishReason: 'stop', usage: {} }
    },
  }
  const events = await collect(createStream({ driver, prompt: 'p', retry }))
  expect(outline(events)).toEqual(['start', 'error unknown'])
  expect(runs).toBe(1)
})

test('a driver whose stream throws at the call fails the same way', async () => {
  const driver: Driver = {
    provider: 'plain',
    model: 'm',
    stream() {
      throw new TypeError('fetch failed')
    },
  }
  const events = await collect(createStream({ driver, prompt: 'p', retry: false }))
  expect(outline(events)).toEqual(['start', 'error network'])
})

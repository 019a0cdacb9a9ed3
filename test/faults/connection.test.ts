/**
 * What becomes of the connection of an answer that was read to its end.
 */

import { describe, expect, test } from 'vitest'
import { createStream } from '../../src/entries/index.js'
import { FaultServer, type Play } from './server.js'
import { answerTo, healthy, wholeText, wires } from './wires.js'

/** A whole answer on a connection that stays open for the next request. */
const keptAlive: Play = async (exchange) => {
  const { preamble, content, rest } = answerTo(exchange)
  await exchange.head(200, { connection: 'keep-alive' })
  await exchange.chunk(preamble + content.join('') + rest)
  await exchange.write('0\r\n\r\n')
}

describe.each(wires)('after an answer of $title', (wire) => {
  test('the next request uses its connection', async () => {
    await using server = await FaultServer.listen(keptAlive)
    const driver = wire.driver(server.url)
    for (let count = 1; count <= 3; count++) {
      expect(await createStream({ driver, prompt: 'p' }).text()).toBe(wholeText)
      // The end of the body is read after the answer is told.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(server.requests).toHaveLength(3)
    expect(server.open).toBe(1)
  })

  test('a request on a connection that the server is closing is sent again', async () => {
    let closing = false
    const race: Play = (exchange) => {
      // The connection is closed before a byte of the response, as an idle one may be.
      if (!closing || exchange.count > 2) return keptAlive(exchange)
      closing = false
      exchange.socket.destroy()
    }
    await using server = await FaultServer.listen(race)
    const driver = wire.driver(server.url)
    const retry = { minDelayMs: 1, maxDelayMs: 1 }
    expect(await createStream({ driver, prompt: 'p', retry }).text()).toBe(wholeText)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(server.open).toBe(1)
    closing = true
    const { text, attempts } = await createStream({ driver, prompt: 'p', retry }).final()
    expect([text, attempts]).toEqual([wholeText, 2])
    expect(server.requests).toHaveLength(3)
  })

  test('nothing waits any more for the signal of its request', async () => {
    await using server = await FaultServer.listen(healthy)
    let signal: AbortSignal | null | undefined
    const driver = wire.driver(server.url, (input, init) => {
      signal = init?.signal
      return wire.fetch(input, init)
    })
    expect(await createStream({ driver, prompt: 'p' }).text()).toBe(wholeText)
    await server.idle()
    await expect.poll(() => signal?.aborted).toBe(true)
  })
})

/**
 * What a format or its user gets wrong ends the stream and the response, and neither the process nor the provider's answer goes on
 * as if nothing had happened.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { ContentEvent, StreamEvent } from '../../src/base/events.js'
import type { Encoder, Format } from '../../src/base/stream-format.js'
import {
  createStream,
  plainText,
  sse,
  toReadableStream,
  toResponse,
} from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { scripted } from '../../src/entries/testing.js'

const unhandled = vi.fn()
beforeEach(() => {
  unhandled.mockClear()
  process.on('unhandledRejection', unhandled)
})
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})

/** JSON has no BigInt. */
const notJson: ContentEvent = { type: 'content', kind: 'source', index: 1, raw: 1n }

function watched(): { driver: Driver; aborted: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const inner = scripted(['a', notJson, { hang: true }])
  return {
    aborted: promise,
    driver: {
      provider: 'p',
      model: 'm',
      stream(request, context) {
        context.signal.addEventListener('abort', () => resolve())
        return inner.stream(request, context)
      },
    },
  }
}

class ThrowingEncoder implements Encoder {
  encode(events: readonly StreamEvent[]): string {
    if (events.some(({ type }) => type === 'content')) throw new RangeError('a bug of the format')
    return 'begun\n'
  }
}

const throwing: Format = { ...sse({ heartbeatMs: Infinity }), encoder: () => new ThrowingEncoder() }

describe('an event that is not JSON', () => {
  test('becomes an error event, ends a Web body and closes the connection to the provider', async () => {
    const { driver, aborted } = watched()
    const stream = createStream({ driver, prompt: 'p' })
    const body = await new Response(toReadableStream(stream, sse())).text()
    expect(body).toContain('id: 3\nevent: error\ndata: {"type":"error"')
    await aborted
    await expect(stream.text()).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('an event for which a format throws', () => {
  test('breaks a Web body off and closes the connection to the provider', async () => {
    const { driver, aborted } = watched()
    const stream = createStream({ driver, prompt: 'p' })
    const body = new Response(toReadableStream(stream, throwing))
    await expect(body.text()).rejects.toMatchObject({ code: 'unknown' })
    await aborted
    await expect(stream.text()).rejects.toMatchObject({ code: 'aborted' })
  })

  test('breaks a response of Node off', async () => {
    const { driver, aborted } = watched()
    const piped = Promise.withResolvers<void>()
    const server = createServer((_request, response) => {
      piped.resolve(pipeToNode(createStream({ driver, prompt: 'p' }), response, throwing))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const response = await fetch(url)
    await expect(response.text()).rejects.toThrow('terminated')
    await aborted
    await piped.promise
    server.close()
  })
})

describe('a response that cannot be made', () => {
  test.each([
    ['a header', { headers: { 'x-bad': 'a\nb' } }],
    ['a status', { status: 99 }],
  ])('for %s, is told, and the stream that had begun is ended', async (_, init) => {
    const { driver, aborted } = watched()
    const stream = createStream({ driver, prompt: 'p' })
    await expect(toResponse(stream, plainText(), init)).rejects.toThrow()
    await aborted
  })
})

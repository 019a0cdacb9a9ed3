import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, sse, toReadableStream } from '../../src/entries/index.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** A model that sends one piece of text and then nothing, for as long as its body is open. */
function stalling() {
  const bodies = { opened: 0, closed: 0 }
  const chunk = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
  const fetch = async (): Promise<Response> => {
    bodies.opened++
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(chunk)),
      cancel: () => void bodies.closed++,
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const driver = compatible({ model: 'm', baseURL: 'http://provider.test/v1', fetch })
  return { bodies, driver }
}

const readers = {
  'an iterator that is dropped after the first content': async (stream) => {
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
  },
  'a body that is dropped after its first chunks': async (stream) => {
    const reader = toReadableStream(stream, sse({ heartbeatMs: Infinity })).getReader()
    await reader.read()
    await reader.read()
  },
} satisfies Record<string, (stream: ReturnType<typeof createStream>) => Promise<void>>

test.each(Object.entries(readers))(
  'a stream read by %s is closed and its listener removed once it has been collected',
  async (_name, read) => {
    const { bodies, driver } = stalling()
    const { signal } = new AbortController()
    for (let count = 0; count < 20; count++) {
      await read(createStream({ driver, prompt: 'p', signal, timeout: false }))
    }
    await vi.waitFor(() => {
      collectGarbage()
      expect(getEventListeners(signal, 'abort').length).toBe(0)
      expect(bodies).toEqual({ opened: 20, closed: 20 })
    }, 5_000)
  },
)

test('garbage collection does not close a stream that is still referenced', async () => {
  const { bodies, driver } = stalling()
  const iterator = createStream({ driver, prompt: 'p', timeout: false })[Symbol.asyncIterator]()
  await iterator.next()
  await iterator.next()
  for (let round = 0; round < 5; round++) {
    collectGarbage()
    // FinalizationRegistry callbacks run as tasks of their own.
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(bodies.closed).toBe(0)
  await iterator.return?.()
  expect(bodies.closed).toBe(1)
})

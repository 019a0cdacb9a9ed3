/** How often pipeToNode() writes to the socket: each call of the handle is one system call. */

import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createStream, type Driver, sse } from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'

type Handle = Record<string, (...given: unknown[]) => unknown>

/** Counts the writes of the socket's handle, which is what Node calls for each system call. */
function countWrites({ socket }: ServerResponse): () => number {
  const { _handle: handle } = socket as unknown as { _handle: Handle }
  let count = 0
  for (const name of ['writev', 'writeBuffer', 'writeUtf8String', 'writeLatin1String']) {
    const write = handle[name] as (...given: unknown[]) => unknown
    handle[name] = (...given) => {
      count++
      return write.apply(handle, given)
    }
  }
  return () => count
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** @param isApart - whether each batch comes in a turn of its own */
function driverOf(batches: number, isApart: boolean): Driver {
  return {
    provider: 'p',
    model: 'm',
    async *stream() {
      for (let count = 0; count < batches; count++) {
        if (isApart) for (let turns = 0; turns < 3; turns++) await turn()
        yield [1, 2].map((part) => {
          const text = `${count}.${part} `
          return { type: 'content' as const, kind: 'text' as const, index: 0, text }
        })
      }
      return { finishReason: 'stop', usage: {} }
    },
  }
}

async function writesFor(batches: number, isApart: boolean): Promise<number> {
  let writes = (): number => 0
  const server = createServer((_request, response) => {
    writes = countWrites(response)
    const driver = driverOf(batches, isApart)
    void pipeToNode(createStream({ driver, prompt: 'p' }), response, sse())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const request = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += String(piece)
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  expect(text.match(/^event: content$/gm)).toHaveLength(2 * batches)
  expect(text).toContain('event: complete')
  return writes()
}

test('each batch is one write, and the headers, the start and the end are at most three more', async () => {
  const writes = await writesFor(100, true)
  expect(writes).toBeGreaterThanOrEqual(100)
  expect(writes).toBeLessThanOrEqual(103)
})

test('batches that are ready at once leave as one write', async () => {
  expect(await writesFor(100, false)).toBeLessThanOrEqual(3)
})

/**
 * How bodies of nodeFetch are read: by drivers without a Web stream, in pieces, decoded, and not ahead of their reader.
 */

import type { ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createStream, type Driver } from '../../src/entries/index.js'
import { nodeFetch } from '../../src/entries/node.js'
import { simulatedProvider } from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'
import { listen } from './server.js'

/** Whoever reads it fails. */
function trap(body: ReadableStream<Uint8Array> | null): void {
  const open = body?.getReader.bind(body) as () => ReadableStreamDefaultReader<Uint8Array>
  const getReader = (): ReadableStreamDefaultReader<Uint8Array> => {
    const reader = open()
    reader.read = () => Promise.reject(new Error('The Web stream was read.'))
    return reader
  }
  Object.assign(body ?? {}, { getReader })
}

describe.each(everyDriver)('$name', ({ driver }) => {
  test('reads an answer by callback, whether or not its Web stream was looked at', async () => {
    const provider = simulatedProvider({ paceMs: 0, answer: 'Größe 🌊 tief' })
    const server = await provider.listen()
    for (const isLookedAt of [false, true]) {
      let response: Response | undefined
      const fetch: typeof nodeFetch = async (...request) => {
        response = await nodeFetch(...request)
        if (isLookedAt) trap(response.body)
        return response
      }
      const stream = createStream({ driver: driver({ url: server.url, fetch }), prompt: 'p' })
      expect(await stream.text()).toBe('Größe 🌊 tief')
      expect(response?.bodyUsed).toBe(true)
      await expect(response?.text()).rejects.toThrow(TypeError)
    }
    await server.close()
  })
})

test('a response that was cloned is read as a Web stream, and so is its clone', async () => {
  const provider = simulatedProvider({ paceMs: 0, answer: 'Größe 🌊 tief' })
  const server = await provider.listen()
  let clone: Response | undefined
  const fetch: typeof nodeFetch = async (...request) => {
    const response = await nodeFetch(...request)
    clone = response.clone()
    return response
  }
  const driver = everyDriver[0]?.driver({ url: server.url, fetch }) as Driver
  expect(await createStream({ driver, prompt: 'p' }).text()).toBe('Größe 🌊 tief')
  expect(await clone?.text()).toContain('[DONE]')
  await server.close()
})

/** The pieces that a driver reads of one response. */
async function batchesOf(write: (response: ServerResponse) => void): Promise<string[]> {
  await using server = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    write(response)
  })
  const { driver } = everyDriver.at(-1) as (typeof everyDriver)[0]
  const batches: string[] = []
  const own = driver({ url: server.url, fetch: nodeFetch })
  const context = { attempt: 1, signal: new AbortController().signal, onBytes: () => {} }
  const request = { prompt: 'p', messages: [{ role: 'user' as const, content: 'p' }] }
  for await (const given of own.stream(request, context)) {
    const events = Array.isArray(given) ? given : [given]
    batches.push(events.map(({ text }) => text).join('|'))
  }
  return batches
}

const frame = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`
const last = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`

test('tokens that come in one packet are one batch, although each is a chunk of its own', async () => {
  const batches = await batchesOf((response) => {
    response.socket?.cork()
    for (const token of ['a', 'b', 'c']) response.write(frame(token))
    response.socket?.uncork()
    setTimeout(() => response.end(frame('d') + last), 20)
  })
  expect(batches).toEqual(['a|b|c', 'd'])
})

describe('an encoding', () => {
  const encoders = {
    gzip: () => zlib.createGzip(),
    'x-gzip': () => zlib.createGzip(),
    deflate: () => zlib.createDeflate(),
    br: () => zlib.createBrotliCompress(),
    zstd: () => zlib.createZstdCompress(),
  }

  test.each(Object.entries(encoders))('%s is read piece by piece', async (name, create) => {
    let next = Promise.withResolvers<void>()
    await using server = await listen((_request, response) => {
      response.setHeader('content-encoding', name.toUpperCase())
      const encoder = create()
      encoder.pipe(response)
      const write = async (): Promise<void> => {
        for (const piece of ['one', 'two', 'three']) {
          encoder.write(piece)
          encoder.flush()
          await next.promise
          next = Promise.withResolvers()
        }
        encoder.end()
      }
      void write()
    })
    const reader = (await nodeFetch(server.url)).body?.getReader()
    const pieces: string[] = []
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true }
      if (done) break
      pieces.push(new TextDecoder().decode(value))
      next.resolve()
    }
    expect(pieces).toEqual(['one', 'two', 'three'])
  })

  test('within an encoding is undone, and an unknown one is left as it is', async () => {
    const twice = zlib.gzipSync(zlib.deflateSync('twice'))
    await using server = await listen((request, response) => {
      const encoding = request.url === '/two' ? 'deflate, gzip' : 'mine'
      response.setHeader('content-encoding', encoding).end(request.url === '/two' ? twice : 'as is')
    })
    expect(await (await nodeFetch(`${server.url}/two`)).text()).toBe('twice')
    expect(await (await nodeFetch(`${server.url}/one`)).text()).toBe('as is')
  })

  test('is read no faster than its reader reads, and closed with it', async () => {
    const closed = Promise.withResolvers<void>()
    let written = 0
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve)
      response.setHeader('content-encoding', 'gzip')
      // Random bytes do not become fewer.
      const block = zlib.gzipSync(crypto.getRandomValues(new Uint8Array(65_536)))
      const write = (): void => {
        if (response.destroyed) return
        written++
        response.write(block)
        response.once('drain', write)
      }
      write()
    })
    const reader = (await nodeFetch(server.url)).body?.getReader()
    await reader?.read()
    let before = -1
    while (before !== written) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(written * 65_536).toBeLessThan(16 * 1024 * 1024)
    await reader?.cancel()
    await closed.promise
  })
})

test('a body of megabytes arrives whole, however slowly it is read', async () => {
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251)
  await using server = await listen((_request, response) => response.end(bytes))
  const { body } = await nodeFetch(server.url)
  const chunks: Uint8Array[] = []
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    if (chunks.length % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('a stream that nobody holds any more is closed once it has been collected', async () => {
  let closed = 0
  await using server = await listen((_request, response) => {
    response.on('close', () => closed++)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(frame('a'))
  })
  const forget = async (): Promise<void> => {
    const driver = everyDriver.at(-1)?.driver({ url: server.url, fetch: nodeFetch }) as Driver
    const iterator = createStream({ driver, prompt: 'p' })[Symbol.asyncIterator]()
    await iterator.next()
    expect((await iterator.next()).value?.type).toBe('content')
  }
  await forget()
  await expect
    .poll(() => {
      collectGarbage()
      return closed
    })
    .toBe(1)
})

test('a response that nobody holds any more is closed once it has been collected', async () => {
  let closed = 0
  await using server = await listen((_request, response) => {
    response.on('close', () => closed++)
    response.write('a')
  })
  const forget = async (): Promise<void> => {
    expect((await nodeFetch(server.url)).status).toBe(200)
  }
  await forget()
  const kept = await nodeFetch(server.url)
  await expect
    .poll(() => {
      collectGarbage()
      return closed
    })
    .toBe(1)
  expect(kept.bodyUsed).toBe(false)
})

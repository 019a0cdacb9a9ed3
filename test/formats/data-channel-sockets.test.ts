/**
 * Data of the application that is pushed while the model is silent, over real sockets.
 */

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { connect, type DataEvent, type StreamEvent } from '../../src/entries/client.js'
import {
  createStream,
  type DataChannel,
  dataChannel,
  type Format,
  sse,
  toResponse,
} from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'

let model: PromiseWithResolvers<string>[]
let data: DataChannel
let server: Server

/** Says nothing until the test has it say something. */
const driver: Driver = {
  provider: 'p',
  model: 'm',
  async *stream() {
    for (const { promise } of model) {
      yield { type: 'content', kind: 'text', index: 0, text: await promise }
    }
    return { finishReason: 'stop', usage: {} }
  },
}

const stream = () => createStream({ driver, prompt: 'p' })

const writers: Record<string, (format: Format) => RequestListener> = {
  pipeToNode: (format) => (_request, response) => void pipeToNode(stream(), response, format),
  toResponse: (format) => async (_request, response) => {
    const { body, headers } = await toResponse(stream(), format)
    response.writeHead(200, Object.fromEntries(headers))
    response.flushHeaders()
    Readable.fromWeb(body as never).pipe(response)
  },
}

beforeEach(() => {
  model = [Promise.withResolvers(), Promise.withResolvers()]
  data = dataChannel()
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

describe.each(Object.entries(writers))('%s', (_name, writer) => {
  /** What a reader receives, one after another. */
  async function received(): Promise<() => Promise<StreamEvent | DataEvent | undefined>> {
    server = createServer({ noDelay: true }, writer(sse({ data }))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const all: (StreamEvent | DataEvent)[] = []
    let notify = (): void => {}
    const take = (event: StreamEvent | DataEvent): void => {
      all.push(event)
      notify()
    }
    const events = connect(`http://127.0.0.1:${port}/`, { json: {}, onData: take })
    void (async () => {
      for await (const event of events) take(event)
    })()
    return async () => {
      while (all.length === 0) await new Promise<void>((resolve) => (notify = resolve))
      return all.shift()
    }
  }

  test('data that is pushed while the model is silent arrives at once', async () => {
    data.push('early', 1)
    const next = await received()
    const seen = [await next(), await next()].map((event) => event?.type)
    expect(new Set(seen)).toEqual(new Set(['data', 'start']))
    data.push('silent', 2)
    expect(await next()).toEqual({ type: 'data', name: 'silent', data: 2 })
    model[0]?.resolve('Hello')
    expect(await next()).toMatchObject({ text: 'Hello' })
    data.push('between', 3)
    data.push('between', 4)
    expect(await next()).toMatchObject({ name: 'between', data: 3 })
    expect(await next()).toMatchObject({ name: 'between', data: 4 })
    model[1]?.resolve('world')
    expect(await next()).toMatchObject({ text: 'world' })
    expect(await next()).toMatchObject({ type: 'complete' })
    expect(() => data.push('late', 5)).not.toThrow()
  })
})

test('data that a slow reader does not take waits for it, in order', async () => {
  server = createServer(writers.pipeToNode?.(sse({ data }))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/`)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  // More than sockets hold.
  const large = 'x'.repeat(1_000_000)
  for (let number = 0; number < 8; number++) data.push('large', `${number} ${large}`)
  let text = ''
  const readUntil = async (end: string): Promise<void> => {
    for (let from = 0; !text.includes(end, from); ) {
      from = Math.max(0, text.length - end.length)
      text += (await reader?.read())?.value ?? ''
    }
  }
  await readUntil('"7 x')
  data.push('last', 1)
  await readUntil('"name":"last"')
  expect([...text.matchAll(/"data":"(\d+) x/g)].map(([, number]) => Number(number))).toEqual(
    Array.from({ length: 8 }, (_, number) => number),
  )
  expect(text).not.toContain('"text"')
})

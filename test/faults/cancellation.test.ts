/**
 * Every way to leave a stream, at every moment: the connection to the provider is closed at once, the provider is not asked again,
 * and nothing stays behind.
 */

import { getEventListeners, once } from 'node:events'
import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import {
  createStream,
  type EventStream,
  sse,
  toReadableStream,
  toResponse,
} from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { scripted } from '../../src/entries/testing.js'
import { closedSoon } from './closed.js'
import { type Exchange, FaultServer, type Play } from './server.js'
import { answerTo, healthy, type Wire, wholeText, wires } from './wires.js'

interface Moment {
  name: string
  play: Play
  /** The last event that the reader takes before it leaves. */
  until: StreamEvent['type'] | undefined
  /** It waits for another one when it leaves. */
  waiting?: true
  requests: number
}

/** The beginning of an answer, and then nothing. */
const stall: Play = async (exchange) => {
  const { preamble, content } = answerTo(exchange)
  await exchange.head(200)
  await exchange.chunk(preamble + content.join(''))
}

const busy: Play = (exchange: Exchange) =>
  exchange.whole(503, '{}', { 'content-type': 'application/json', 'retry-after': '50' })

const moments: readonly Moment[] = [
  { name: 'when nothing has been read', play: healthy, until: undefined, requests: 0 },
  { name: 'after the start, before the first pull', play: healthy, until: 'start', requests: 0 },
  { name: 'between two events', play: stall, until: 'content', requests: 1 },
  {
    name: 'while next() is pending before content',
    play: () => {},
    until: 'start',
    waiting: true,
    requests: 1,
  },
  {
    name: 'while next() is pending after content',
    play: stall,
    until: 'content',
    waiting: true,
    requests: 1,
  },
  { name: 'before a wait for the next attempt', play: busy, until: 'retry', requests: 1 },
  {
    name: 'during the wait for the next attempt',
    play: busy,
    until: 'retry',
    waiting: true,
    requests: 1,
  },
  { name: 'after the end', play: healthy, until: 'complete', requests: 1 },
]

/** What a reader holds, with a request on its way where it waits. */
interface Reader {
  stream: EventStream
  controller: AbortController
  iterator: AsyncIterator<StreamEvent>
  /** The `next()` that waits. */
  pending: Promise<IteratorResult<StreamEvent>> | undefined
}

async function readUntil(moment: Moment, server: FaultServer, wire: Wire): Promise<Reader> {
  const controller = new AbortController()
  const stream = createStream({
    driver: wire.driver(server.url),
    prompt: 'p',
    signal: controller.signal,
  })
  const iterator = stream[Symbol.asyncIterator]()
  const { until, waiting } = moment
  for (let last: string | undefined; last !== until; ) {
    const { value } = await iterator.next()
    // Both pieces of content come in one chunk or in two.
    const first = value?.type === 'content' && value.kind === 'text' && value.text === 'One'
    last = first ? 'first content' : value?.type
  }
  const pending = waiting ? iterator.next() : undefined
  while (server.requests.length < moment.requests) await turn()
  return { stream, controller, iterator, pending }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const ways: Record<string, (reader: Reader) => unknown> = {
  'break, which is return()': ({ iterator }) => iterator.return?.(),
  'throw()': ({ iterator }) => iterator.throw?.(new Error('mine')).catch(() => {}),
  'cancel()': ({ stream }) => stream.cancel(),
  'the signal': ({ controller }) => controller.abort(),
  'await using': async ({ stream }) => {
    await using _ = stream
  },
}

const cells = moments.flatMap((moment) =>
  Object.keys(ways).map((way) => ({ moment, way, name: `${way}, ${moment.name}` })),
)

describe.each(wires)('a stream of $title is left', (wire) => {
  test.each(cells)('by $name', async ({ moment, way }) => {
    await using server = await FaultServer.listen(moment.play)
    const reader = await readUntil(moment, server, wire)
    const { stream, controller, iterator, pending } = reader
    await ways[way]?.(reader)
    expect(await closedSoon(server)).toBe(0)
    expect(server.requests).toHaveLength(moment.requests)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    const told = /return|throw/.test(way) ? undefined : 'error'
    if (pending !== undefined) expect((await pending).value?.type).toBe(told)
    // Whoever comes back is told the end, and the provider is not asked for it.
    while (!(await iterator.next()).done) {}
    if (moment.until === 'complete') expect(await stream.text()).toBe(wholeText)
    else await expect(stream.text()).rejects.toMatchObject({ code: 'aborted' })
    expect(server.requests).toHaveLength(moment.requests)
  })
})

const chat = wires.filter(({ name }) => name === 'compatible')

describe.each(chat)('a loop over $title', (compatible) => {
  const loops = ['break', 'throw'].flatMap((how) =>
    (['start', 'content', 'retry'] as const).map((type) => ({ how, type })),
  )
  test.each(loops)('that is left by $how at a $type event closes the connection', async (one) => {
    await using server = await FaultServer.listen(one.type === 'retry' ? busy : stall)
    const stream = createStream({ driver: compatible.driver(server.url), prompt: 'p' })
    const loop = async (): Promise<void> => {
      for await (const event of stream) {
        if (event.type !== one.type) continue
        if (one.how === 'break') break
        throw new Error('mine')
      }
    }
    const left = await loop().catch(({ message }: Error) => message)
    expect(left).toBe(one.how === 'throw' ? 'mine' : undefined)
    expect(await closedSoon(server)).toBe(0)
    await expect(stream.text()).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe.each(chat)('a body of $title', (compatible) => {
  test.each(moments.filter(({ name }) => !name.includes('wait for')))(
    'that is cancelled $name closes the connection',
    async ({ play, until, waiting, requests }) => {
      await using server = await FaultServer.listen(play)
      const driver = compatible.driver(server.url)
      const stream = createStream({ driver, prompt: 'p' })
      const reader = toReadableStream(stream, sse()).getReader()
      let text = ''
      const last = until === undefined ? '' : `event: ${until}`
      while (!text.includes(last)) {
        const { value } = await reader.read()
        text += new TextDecoder().decode(value)
      }
      const pending = waiting ? reader.read() : undefined
      while (server.requests.length < requests) await turn()
      await reader.cancel()
      expect(await closedSoon(server)).toBe(0)
      expect(server.requests).toHaveLength(requests)
      if (pending !== undefined) expect((await pending).done).toBe(true)
    },
  )

  test('of a response that is never read asks nobody', async () => {
    await using server = await FaultServer.listen(healthy)
    const driver = compatible.driver(server.url)
    const response = await toResponse(createStream({ driver, prompt: 'p' }), sse())
    await response.body?.cancel()
    expect(server.requests).toHaveLength(0)
  })
})

describe.each(chat)('a response of Node with $title', (compatible) => {
  interface Served extends AsyncDisposable {
    url: string
    response: Promise<ServerResponse>
    piped: Promise<void>
  }

  /** @param when - the stream is piped then */
  async function serve(provider: FaultServer, when?: Promise<void>): Promise<Served> {
    const response = Promise.withResolvers<ServerResponse>()
    const piped = Promise.withResolvers<void>()
    const server = createServer((_request, answer) => {
      response.resolve(answer)
      const pipe = async (): Promise<void> => {
        await when
        const stream = createStream({ driver: compatible.driver(provider.url), prompt: 'p' })
        await pipeToNode(stream, answer, sse())
      }
      pipe().then(piped.resolve, piped.reject)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      response: response.promise,
      piped: piped.promise,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      },
    }
  }

  const seen: [string, Play, string][] = [
    ['while it waits for content', () => {}, 'event: start'],
    ['after content', stall, 'event: content'],
    ['during the wait for the next attempt', busy, 'event: retry'],
  ]
  test.each(seen)('whose client leaves %s closes the connection', async (_, play, last) => {
    await using provider = await FaultServer.listen(play)
    await using served = await serve(provider)
    const request = get(served.url)
    const [response] = await once(request, 'response')
    let text = ''
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    while (!text.includes(last)) await once(response, 'data')
    while (provider.requests.length < 1) await turn()
    response.destroy()
    await served.piped
    expect(await closedSoon(provider)).toBe(0)
    expect(provider.requests).toHaveLength(1)
  })

  test('whose client has left before it is written to asks nobody', async () => {
    await using provider = await FaultServer.listen(healthy)
    const gone = Promise.withResolvers<void>()
    await using served = await serve(provider, gone.promise)
    const request = get(served.url)
    request.on('error', () => {})
    const response = await served.response
    request.destroy()
    await once(response, 'close')
    gone.resolve()
    await served.piped
    expect(provider.requests).toHaveLength(0)
  })
})

describe('ten thousand streams on one signal', () => {
  const count = 10_000
  type End = (stream: EventStream) => Promise<unknown>
  const ends: readonly End[] = [
    (stream) => stream.text(),
    (stream) => stream.final(),
    async (stream) => {
      for await (const event of stream) if (event.type === 'content') break
    },
    async (stream) => {
      const iterator = stream[Symbol.asyncIterator]()
      await iterator.next()
      stream.cancel()
    },
    async (stream) => new Response(toReadableStream(stream, sse())).text(),
  ]

  test('leave no listener, one after the other or all at once', async () => {
    const warnings = vi.fn()
    process.on('warning', warnings)
    const { signal } = new AbortController()
    const driver = scripted(['a', 'b'])
    for (let begun = 0; begun < count; begun += 1_000) {
      const streams = Array.from({ length: 1_000 }, (_, position) => {
        const stream = createStream({ driver, prompt: 'p', signal })
        return (ends[position % ends.length] as End)(stream)
      })
      await Promise.all(streams)
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    }
    await turn()
    process.off('warning', warnings)
    expect(warnings).not.toHaveBeenCalled()
  })
})

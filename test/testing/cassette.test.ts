import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { CompleteEvent } from '../../src/base/events.js'
import { createStream } from '../../src/core/create-stream.js'
import { anthropic } from '../../src/drivers/anthropic.js'
import { compatible } from '../../src/drivers/compatible.js'
import { gemini } from '../../src/drivers/gemini.js'
import { openai } from '../../src/drivers/openai.js'
import type { TimeoutOptions } from '../../src/layers/timeout.js'
import type { Cassette } from '../../src/testing/cassette/cassette-file.js'
import { record } from '../../src/testing/cassette/record.js'
import { replay } from '../../src/testing/cassette/replay.js'
import { simulatedProvider } from '../../src/testing/providers/simulated-provider.js'
import { collect, outline } from '../support/collect.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cassettes-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Fetch = typeof globalThis.fetch
const secret = 'sk-very-secret-0123456789'

const drivers: Record<string, (fetch: Fetch, apiKey: string) => Driver> = {
  'openai chat': (fetch, apiKey) =>
    openai({ model: 'm', apiKey, fetch, baseURL: 'http://provider.test/v1' }),
  'openai responses': (fetch, apiKey) =>
    openai({ model: 'm', api: 'responses', apiKey, fetch, baseURL: 'http://provider.test/v1' }),
  anthropic: (fetch, apiKey) =>
    anthropic({ model: 'm', apiKey, fetch, baseURL: 'http://provider.test' }),
  gemini: (fetch, apiKey) =>
    gemini({ model: 'm', apiKey, fetch, baseURL: 'http://provider.test/v1beta' }),
  compatible: (fetch, apiKey) =>
    compatible({ model: 'm', apiKey, fetch, baseURL: 'http://provider.test/v1' }),
}

async function recorded(
  name: string,
  driver: string,
  answer = 'Olá! 👋 It was recorded.',
): Promise<string> {
  const file = join(folder, 'deep', `${name}.json`)
  const recording = record(simulatedProvider({ paceMs: 0, answer }).fetch, file)
  await createStream({ driver: drivers[driver]!(recording, secret), prompt: 'Hello' }).final()
  await recording.saved()
  return file
}

describe.for(Object.keys(drivers))('a cassette of %s', (driver) => {
  test('plays the same answer without a request, and holds no key', async () => {
    const file = await recorded(`same-${driver}`, driver)
    expect(await readFile(file, 'utf8')).not.toContain('very-secret')
    const events = await collect(
      createStream({ driver: drivers[driver]!(replay(file), 'any'), prompt: 'Hello' }),
    )
    expect((events.at(-1) as CompleteEvent).text).toBe('Olá! 👋 It was recorded.')
    expect((events.at(-1) as CompleteEvent).usage.outputTokens).toBeGreaterThan(0)
  })

  test('breaks at the requested byte, and the retry is whole', async () => {
    const file = await recorded(`cut-${driver}`, driver)
    const { interactions } = JSON.parse(await readFile(file, 'utf8')) as Cassette
    const text =
      interactions[0]?.response?.chunks
        .map((chunk) => ('text' in chunk ? chunk.text : ''))
        .join('') ?? ''
    const bytes = new TextEncoder().encode(text.slice(0, text.indexOf('recorded'))).length
    const fetch = replay(file, { faults: [{ kind: 'cut', afterBytes: bytes }] })
    const retry = { minDelayMs: 0, maxDelayMs: 0 }
    const events = await collect(
      createStream({ driver: drivers[driver]!(fetch, 'any'), prompt: 'Hello', retry }),
    )
    expect(outline(events)).toContain('retry 2/3 restart network')
    expect((events.at(-1) as CompleteEvent).text).toBe('Olá! 👋 It was recorded.')
  })
})

describe('faults on replay', () => {
  const play = async (
    fault: Parameters<typeof replay>[1],
    timeout: TimeoutOptions | false = false,
  ): Promise<string[]> => {
    const file = await recorded(`fault-${Math.random()}`, 'compatible')
    const driver = drivers.compatible!(replay(file, fault), 'any')
    return outline(await collect(createStream({ driver, prompt: 'Hello', retry: false, timeout })))
  }

  test('an end without the terminal event is interrupted', async () => {
    expect((await play({ faults: [{ kind: 'end', afterBytes: 600 }] })).at(-1)).toBe(
      'error interrupted',
    )
  })
  test('a stall is a timeout', async () => {
    const faults = [{ kind: 'stall', afterBytes: 600 } as const]
    // A busy machine may take longer than any of it for what comes before, which is a timeout too.
    const events = await play({ faults }, { chunkMs: 20, firstChunkMs: 20 })
    expect(events.at(-1)).toBe('error timeout')
  })
  test('a split inside characters loses nothing', async () => {
    expect((await play({ faults: [{ kind: 'split', chunkBytes: 1 }] })).at(-1)).toBe(
      'complete Olá! 👋 It was recorded.',
    )
  })
  test('a status replaces the recorded answer', async () => {
    expect(await play({ faults: [{ kind: 'status', status: 529 }] })).toEqual([
      'start',
      'error overloaded',
    ])
  })
  test('a refusal is a network error', async () => {
    expect(await play({ faults: [{ kind: 'refuse' }] })).toEqual(['start', 'error network'])
  })
})

test('the recorded pace is kept on request', async () => {
  const body = {
    chunks: [],
    end: 'complete' as const,
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
  }
  const chunks = [
    { afterMs: 0, text: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n' },
    {
      afterMs: 5_000,
      text: 'data: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    },
  ]
  const request = {
    method: 'POST',
    url: 'http://provider.test/v1/chat/completions',
    headers: {},
    body: '',
  }
  const cassette: Cassette = {
    version: 1,
    interactions: [{ request, response: { ...body, chunks } }],
  }
  vi.useFakeTimers()
  try {
    const driver = drivers.compatible!(replay(cassette, { pace: 'recorded' }), 'any')
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of createStream({ driver, prompt: 'Hello' }))
        seen.push(...outline([event]))
    })()
    await vi.advanceTimersByTimeAsync(4_999)
    expect(seen).toEqual(['start', 'text a'])
    await vi.advanceTimersByTimeAsync(1)
    await reading
    expect(seen.at(-1)).toBe('complete ab')
  } finally {
    vi.useRealTimers()
  }
})

test('keys are removed wherever they stand, and the option scrub removes more', async () => {
  const file = join(folder, 'secrets.json')
  const echo: Fetch = async (_input, init) =>
    Response.json(
      {
        error: {
          message: `Incorrect key ${new Headers(init?.headers).get('authorization')} of Ada Lovelace`,
        },
      },
      { status: 401, headers: { 'set-cookie': 'session=abcdefgh' } },
    )
  const recording = record(echo, file, {
    scrub: (text) => text.replaceAll('Ada Lovelace', 'somebody'),
  })
  await recording('http://provider.test/v1?key=in-the-query-0123&alt=sse', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, cookie: 'a=b', 'x-api-key': 'another-secret-1' },
    body: `my key is ${secret} and another-secret-1`,
  }).then((response) => response.text())
  await recording.saved()
  const text = await readFile(file, 'utf8')
  for (const gone of ['very-secret', 'in-the-query', 'another-secret', 'session=', 'a=b', 'Ada']) {
    expect(text).not.toContain(gone)
  }
  expect(text).toContain('key=[scrubbed]&alt=sse')
  expect(text).toContain('Incorrect key Bearer [scrubbed] of somebody')
})

test('bytes that are not whole characters survive', async () => {
  const file = join(folder, 'bytes.json')
  const emoji = new TextEncoder().encode('👋')
  const pieces = [emoji.slice(0, 2), emoji.slice(2), new Uint8Array([0xff, 0])]
  const fetch: Fetch = async () =>
    new Response(Readable.toWeb(Readable.from(pieces)) as ReadableStream)
  const recording = record(fetch, file)
  const original = new Uint8Array(await (await recording('http://a.test/')).arrayBuffer())
  await recording.saved()
  const again = new Uint8Array(await (await replay(file)('http://a.test/')).arrayBuffer())
  expect(again).toEqual(original)
})

test('a client that disconnects ends both the recording and the replay', async () => {
  const file = join(folder, 'left.json')
  const provider = simulatedProvider({ paceMs: 0 })
  const recording = record(provider.fetch, file)
  for await (const event of createStream({
    driver: drivers.compatible!(recording, 'any'),
    prompt: 'Hello',
  })) {
    if (event.type === 'content') break
  }
  expect(await provider.requests[0]?.closed).toBe('aborted')
  await recording.saved()
  const driver = drivers.compatible!(replay(file), 'any')
  const events = await collect(createStream({ driver, prompt: 'Hello', retry: false }))
  expect(outline(events).at(-1)).toBe('error network')
})

describe('bad input', () => {
  test('a request that was not recorded names those that were', async () => {
    const file = await recorded('other', 'compatible')
    await expect(replay(file)('http://elsewhere.test/')).rejects.toThrow(
      'no answer to GET http://elsewhere.test/. It has: POST http://provider.test/v1/chat/completions',
    )
  })
  test('a file that is not a cassette is refused', async () => {
    const file = join(folder, 'none.json')
    await writeFile(file, '{"a":1}')
    await expect(replay(file)('http://a.test/')).rejects.toThrow('is not a cassette of version 1')
    await writeFile(file, '{')
    await expect(replay(file)('http://a.test/')).rejects.toThrow('is not JSON')
  })
  test('options are checked at the call', () => {
    expect(() => record(undefined as never, 'a')).toThrow('Option "record.fetch"')
    expect(() => record(fetch, '')).toThrow('Option "record.file"')
    expect(() => replay('a', { pace: 'fast' as never })).toThrow('Option "replay.pace" is "fast"')
    expect(() => replay('a', { fault: [] } as never)).toThrow('Unknown option "replay.fault"')
    expect(() => replay(undefined as never)).toThrow('Option "replay.cassette" is undefined')
    expect(() => record(fetch, 'a', { scrb: String } as never)).toThrow('Did you mean "scrub"?')
  })
  test.each([
    [
      { kind: 'ct', afterBytes: 1 },
      'Option "replay.faults[1].kind" is "ct". Did you mean "cut"? Allowed: "cut", "end"',
    ],
    [{ kind: 'cut', afterByte: 1 }, 'Unknown option "replay.faults[1].afterByte". Did you mean'],
    [{ kind: 'stall' }, 'Option "replay.faults[1].afterBytes" is undefined'],
    [{ kind: 'status' }, 'Option "replay.faults[1].status" is undefined'],
    ['cut', 'Option "replay.faults[1]" is "cut". Allowed: an object with a kind.'],
  ])('a misspelt fault is refused at the call: %o', (fault, message) => {
    expect(() => replay('a', { faults: [null, fault as never] })).toThrow(message)
  })
  test('saved() rejects if the file cannot be written', async () => {
    await writeFile(join(folder, 'plain'), '')
    const recording = record(async () => new Response('a'), join(folder, 'plain', 'a.json'))
    await (await recording('http://a.test/')).text()
    await expect(recording.saved()).rejects.toThrow(/ENOTDIR|EEXIST/)
  })
})

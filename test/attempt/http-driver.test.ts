import { describe, expect, test } from 'vitest'
import type { Completion, Driver } from '../../src/base/driver.js'
import type { ErrorEvent } from '../../src/base/events.js'
import {
  awsEventStream,
  type BodyFraming,
  httpDriver,
  providerError,
  type WireDecoder,
} from '../../src/entries/driver.js'
import { createStream, type StreamOptions } from '../../src/entries/index.js'
import { eventFrame, eventStreamType, exception, join } from '../support/aws-frames.js'
import { collect, outline } from '../support/collect.js'

type Options = Parameters<typeof httpDriver>[0]

/** Lines such as {"text":"a"}, and {"done":true} at the end. It has what a decoder has to have, and nothing else. */
function decoder(): WireDecoder {
  let completion: Completion | undefined
  return {
    decode(line, _event, out) {
      const { text, done, error } = JSON.parse(line)
      if (error) throw providerError({ provider: 'mine', body: { error } })
      if (text) out.push({ type: 'content', kind: 'text', index: 0, text })
      if (done) completion = { finishReason: 'stop', usage: {} }
    },
    finished: () => completion,
  }
}

/** A body that ends, breaks off, or stays open after the chunks. */
function bodyOf(
  chunks: readonly string[],
  end: 'close' | 'cut' | 'open' = 'close',
): ReadableStream {
  const rest = [...chunks]
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull(controller) {
      const chunk = rest.shift()
      if (chunk !== undefined) controller.enqueue(encoder.encode(chunk))
      else if (end === 'close') controller.close()
      else if (end === 'cut') controller.error(new TypeError('terminated'))
    },
  })
}

function driver(options: Partial<Options> & { chunks?: string[] }): Driver {
  const { chunks = ['{"text":"a"}\n', '{"done":true}\n'], ...given } = options
  const send = async (): Promise<Response> => new Response(bodyOf(chunks))
  return httpDriver({ provider: 'mine', model: 'm', framing: 'ndjson', send, decoder, ...given })
}

async function run(given: Driver, options: Partial<StreamOptions> = {}): Promise<string[]> {
  return outline(
    await collect(createStream({ driver: given, prompt: 'p', retry: false, ...options })),
  )
}

async function failureOf(given: Driver): Promise<ErrorEvent['error']> {
  const events = await collect(createStream({ driver: given, prompt: 'p', retry: false }))
  return (events.at(-1) as ErrorEvent).error
}

describe('lines', () => {
  test('are an answer once the decoder returns a completion', async () => {
    expect(await run(driver({}))).toEqual(['start', 'text a', 'complete a'])
  })

  test('are interrupted if the body ends before that', async () => {
    expect(await run(driver({ chunks: ['{"text":"a"}\n'] }))).toEqual([
      'start',
      'text a',
      'error interrupted',
    ])
    expect(await run(driver({ chunks: [] }))).toEqual(['start', 'error interrupted'])
  })

  test.each(['{"done":true}', '{"text":"b","done":true}'])(
    'count at the end of the body without a line break if they are whole: %s',
    async (last) => {
      const lines = await run(driver({ chunks: ['{"text":"a"}\n', last] }))
      expect(lines.at(-1)).toMatch(/^complete ab?$/)
    },
  )

  test.each(['{"done":tru', '{"text":"b', '{'])(
    'are interrupted if the last one is cut: %s',
    async (last) => {
      expect(await run(driver({ chunks: ['{"text":"a"}\n', last] }))).toEqual([
        'start',
        'text a',
        'error interrupted',
      ])
      expect(await run(driver({ chunks: [last] }))).toEqual(['start', 'error interrupted'])
    },
  )

  test('that hold an error fail with the code that fits it, after the content before it', async () => {
    const chunks = ['{"text":"a"}\n{"error":"model not found"}\n']
    expect(await run(driver({ chunks }))).toEqual(['start', 'text a', 'error not-found'])
    // Also as the last line, without its end.
    expect(await run(driver({ chunks: ['{"error":"the model is overloaded"}'] }))).toEqual([
      'start',
      'error overloaded',
    ])
  })

  test('that cannot be read are protocol, with the cause', async () => {
    const error = await failureOf(driver({ chunks: ['{"text":"a"}\n', 'data: {}\n'] }))
    expect(error).toMatchObject({ code: 'protocol', retryable: false, provider: 'mine' })
    expect(error.cause).toBeInstanceOf(SyntaxError)
  })

  test('that are the page of a proxy are protocol, with its beginning', async () => {
    const html = '<html>\n<title>Sign in</title>\n</html>\n'
    const headers = { 'content-type': 'text/html' }
    const send = async (): Promise<Response> => new Response(html, { headers })
    const error = await failureOf(driver({ send }))
    expect(error.code).toBe('protocol')
    expect(error.message).toMatch(/the body \(text\/html\) holds no lines of JSON.*<html>/)
  })

  test('that are an error in the form of a document have its code', async () => {
    const text = JSON.stringify({ error: { message: 'Invalid API key', code: 401 } }, null, 2)
    const error = await failureOf(driver({ chunks: [text] }))
    expect(error).toMatchObject({ code: 'auth', status: 401 })
  })
})

test('server-sent events are the framing by default', async () => {
  const send = async (): Promise<Response> =>
    new Response(bodyOf(['data: {"text":"a"}\n\n', ': ping\n\nevent: x\ndata: {"done":true}\n\n']))
  const names: (string | undefined)[] = []
  const given = httpDriver({
    provider: 'mine',
    model: 'm',
    send,
    decoder: () => {
      const inner = decoder()
      return {
        ...inner,
        decode(data, event, out) {
          names.push(event)
          inner.decode(data, event, out)
        },
      }
    },
  })
  expect(await run(given)).toEqual(['start', 'text a', 'complete a'])
  expect(names).toEqual([undefined, 'x'])
})

describe('frames of an AWS event stream', () => {
  const names: (string | undefined)[] = []
  const converse = (body: BodyInit, type: string): Driver =>
    httpDriver({
      provider: 'mine',
      model: 'm',
      framing: awsEventStream,
      send: async () =>
        new Response(body, { headers: { 'content-type': type, 'x-amzn-requestid': 'r' } }),
      decoder: () => {
        let completion: Completion | undefined
        return {
          decode(data, name, out) {
            names.push(name)
            const { delta, stopReason } = JSON.parse(data)
            if (delta) out.push({ type: 'content', kind: 'text', index: 0, text: delta.text })
            if (stopReason) completion = { finishReason: 'stop', usage: {} }
          },
          finished: () => completion,
        }
      },
    })
  const delta = eventFrame('contentBlockDelta', '{"delta":{"text":"a"}}')
  const stop = eventFrame('messageStop', '{"stopReason":"end_turn"}')

  test('are read with their types as names', async () => {
    expect(await run(converse(join(delta, stop), eventStreamType))).toEqual([
      'start',
      'text a',
      'complete a',
    ])
    expect(names.splice(0)).toEqual(['contentBlockDelta', 'messageStop'])
  })

  test('fail with the code of an exception, which the decoder does not see', async () => {
    const body = join(delta, exception('throttlingException', { message: 'Slow down.' }))
    expect(await failureOf(converse(body, eventStreamType))).toMatchObject({
      code: 'rate-limit',
      retryable: true,
      provider: 'mine',
      requestId: 'r',
      message: expect.stringContaining('Slow down.'),
    })
  })

  test('count no exception after the end of the answer', async () => {
    const body = join(delta, stop, exception('internalServerException', { message: 'Late.' }))
    expect((await run(converse(body, eventStreamType))).at(-1)).toBe('complete a')
  })

  test('are found by their content type: any other body is of server-sent events', async () => {
    const events = 'data: {"delta":{"text":"a"}}\n\ndata: {"stopReason":"end_turn"}\n\n'
    for (const type of ['text/event-stream', 'application/octet-stream', '']) {
      expect((await run(converse(events, type))).at(-1)).toBe('complete a')
    }
  })

  test.each([
    ['{"message":"Too many requests"}', 'protocol', 'frames of an AWS event stream'],
    ['{"error":{"message":"x","type":"overloaded_error"}}', 'overloaded', 'x'],
    ['<html>Sign in</html>', 'protocol', 'Sign in'],
  ])('are none in %s', async (body, code, words) => {
    const error = await failureOf(converse(body, eventStreamType))
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
  })
})

test('a framing may be of your own', async () => {
  const semicolons: BodyFraming = {
    name: 'values between semicolons',
    beginnings: ['{'],
    createReader: (onFrame) => {
      const utf8 = new TextDecoder()
      let rest = ''
      return {
        feed(chunk) {
          const values = (rest + utf8.decode(chunk, { stream: true })).split(';')
          rest = values.pop() ?? ''
          for (const value of values) onFrame(value, undefined)
        },
        end() {},
      }
    },
  }
  const chunks = ['{"text":"a"};{"te', 'xt":"b"};{"done":true};']
  expect(await run(driver({ framing: semicolons, chunks }))).toEqual([
    'start',
    'text a',
    'text b',
    'complete ab',
  ])
})

describe('the end', () => {
  const open = (chunks: string[]) => async (): Promise<Response> =>
    new Response(bodyOf(chunks, 'open'))

  test('comes with the completion, although the server keeps the body open', async () => {
    const send = open(['{"text":"a"}\n{"done":true}\n{"text":"after"}\n'])
    expect(await run(driver({ send }))).toEqual(['start', 'text a', 'complete a'])
  })

  test('waits for what follows the completion if the decoder has more to read', async () => {
    const late = (): WireDecoder => {
      let completion: Completion | undefined
      return {
        ended: false,
        decode(line) {
          const { done, tokens } = JSON.parse(line)
          if (done) completion = { finishReason: 'stop', usage: {} }
          if (tokens && completion) completion.usage.outputTokens = tokens
        },
        finished: () => completion,
      }
    }
    const chunks = ['{"done":true}\n', '{"tokens":3}\n']
    const stream = createStream({ driver: driver({ chunks, decoder: late }), prompt: 'p' })
    expect((await stream.final()).usage).toEqual({ outputTokens: 3 })
  })

  test('of a connection after the completion leaves the answer whole', async () => {
    const send = async (): Promise<Response> => new Response(bodyOf(['{"done":true}\n'], 'cut'))
    const ended = (): WireDecoder => ({ ...decoder(), ended: false })
    expect(await run(driver({ send, decoder: ended }))).toEqual(['start', 'complete '])
  })
})

describe('send', () => {
  const statuses: [number, string, string, boolean][] = [
    [401, '', 'auth', false],
    [404, '{"error":"model \'x\' not found"}', 'not-found', false],
    [429, '', 'rate-limit', true],
    [503, '<html><title>Busy</title></html>', 'overloaded', true],
  ]
  test.each(statuses)('may resolve with status %i', async (status, body, code, retryable) => {
    const headers = { 'retry-after': '2', 'x-request-id': 'r1' }
    const send = async (): Promise<Response> => new Response(body, { status, headers })
    expect(await failureOf(driver({ send }))).toMatchObject({
      code,
      status,
      retryable,
      provider: 'mine',
      requestId: 'r1',
      retryAfterMs: 2000,
    })
  })

  test('may reject with the error of a connection, and a cut one is retried', async () => {
    const bodies = [
      () => Promise.reject(new TypeError('fetch failed')),
      async () => new Response(bodyOf(['{"text":"a"}\n'], 'cut')),
      async () => new Response(bodyOf(['{"text":"b"}\n{"done":true}\n'])),
    ]
    const send = (): Promise<Response> => (bodies.shift() as () => Promise<Response>)()
    const retry = { minDelayMs: 0, maxDelayMs: 0 }
    expect(await run(driver({ send }), { retry })).toEqual([
      'start',
      'retry 2/3 restart network',
      'text a',
      'retry 3/3 restart network',
      'text b',
      'complete b',
    ])
  })

  test('may throw, and a mistake in it is not retried', async () => {
    let calls = 0
    const send = (): Promise<Response> => {
      calls++
      return (undefined as never as { fetch(): Promise<Response> }).fetch()
    }
    expect(await run(driver({ send }), { retry: 2 })).toEqual(['start', 'error unknown'])
    expect(calls).toBe(1)
  })

  test('has the signal of its attempt, which aborts when the reader leaves', async () => {
    let signal: AbortSignal | undefined
    const given = driver({
      send: async (_request, context) => {
        signal = context.signal
        return new Response(bodyOf(['{"text":"a"}\n'], 'open'))
      },
    })
    for await (const event of createStream({ driver: given, prompt: 'p' })) {
      if (event.type === 'content') break
    }
    expect(signal?.aborted).toBe(true)
  })
})

test('a decoder whose completion has no finish reason fails the attempt, and null is none', async () => {
  const finishing = (value: unknown): Partial<Options> => ({
    decoder: () => ({ decode() {}, finished: () => value as never }),
  })
  expect(await run(driver(finishing({})))).toEqual(['start', 'error protocol'])
  expect(await run(driver(finishing(true)))).toEqual(['start', 'error protocol'])
  expect(await run(driver(finishing(null)))).toEqual(['start', 'error interrupted'])
})

test('a decoder that cannot be made fails the attempt', async () => {
  const given = driver({
    decoder: () => {
      throw new Error('my bug')
    },
  })
  expect(await run(given)).toEqual(['start', 'error unknown'])
})

test('the usage that the decoder reports counts for an attempt that fails', async () => {
  const counting = (): WireDecoder => ({ ...decoder(), usage: () => ({ inputTokens: 5 }) })
  const given = driver({ chunks: ['{"text":"a"}\n'], decoder: counting })
  const events = await collect(createStream({ driver: given, prompt: 'p', retry: 1 }))
  expect(events.find(({ type }) => type === 'retry')).toMatchObject({ usage: { inputTokens: 5 } })
})

describe('structured output', () => {
  const chunks = [`{"text":${JSON.stringify('{"value":[1]}')}}\n`, '{"done":true}\n']

  test('is requested and read by the plan, which is made of a JSON Schema', async () => {
    const seen: unknown[] = []
    const given = httpDriver({
      provider: 'mine',
      model: 'm',
      framing: 'ndjson',
      output: (schema) => ({ wrapped: true, lenient: false, format: schema.type }),
      send: async (_request, { plan }) => {
        seen.push(plan)
        return new Response(bodyOf(chunks))
      },
      decoder,
    })
    const output = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'array' }
    const complete = await createStream({ driver: given, prompt: 'p', output }).final()
    expect(complete).toMatchObject({ output: [1], text: '[1]' })
    expect(seen).toEqual([{ wrapped: true, lenient: false, format: 'array' }])
  })

  test('is read leniently without a plan', async () => {
    const seen: unknown[] = []
    const send: Options['send'] = async (request, { plan }) => {
      seen.push(request.output, plan)
      const text = JSON.stringify('Here you are: ```json\n[1]\n```')
      return new Response(bodyOf([`{"text":${text}}\n{"done":true}\n`]))
    }
    const output = { type: 'array' }
    const complete = await createStream({ driver: driver({ send }), prompt: 'p', output }).final()
    expect(complete.output).toEqual([1])
    expect(seen).toEqual([output, undefined])
  })
})

describe('a response that lasts in the background', () => {
  function lasting(resumed: (after: number | string) => Promise<Response>) {
    const asked: unknown[] = []
    const given = driver({
      send: async () => {
        asked.push('send')
        return new Response(bodyOf(['{"text":"a"}\n{"text":"b"}\n'], 'cut'))
      },
      decoder: () => {
        const inner = decoder()
        let after = 0
        return {
          ...inner,
          decode(line, event, out) {
            inner.decode(line, event, out)
            after++
          },
          position: () => ({ id: 'r1', after }),
        }
      },
      background: {
        resume: ({ id, after }) => {
          asked.push(`resume ${id} ${after}`)
          return resumed(after ?? 0)
        },
        cancel: ({ id }) => {
          asked.push(`cancel ${id}`)
          throw new Error('Nobody hears this.')
        },
      },
    })
    return { given, asked }
  }
  const retry = { minDelayMs: 0, maxDelayMs: 0 }

  test('is resumed after the last frame that was read', async () => {
    const { given, asked } = lasting(
      async () => new Response(bodyOf(['{"text":"c"}\n{"done":true}\n'])),
    )
    expect(await run(given, { retry })).toEqual([
      'start',
      'text a',
      'text b',
      'retry 2/3 continue network',
      'text c',
      'complete abc',
    ])
    expect(asked).toEqual(['send', 'resume r1 2'])
  })

  test('is requested again if it is gone', async () => {
    const { given, asked } = lasting(async () => new Response('gone', { status: 404 }))
    expect(await run(given, { retry })).toEqual([
      'start',
      'text a',
      'text b',
      'retry 2/3 continue network',
      'retry 3/3 restart interrupted',
      'text a',
      'text b',
      'error network',
    ])
    expect(asked).toEqual(['send', 'resume r1 2', 'send', 'cancel r1'])
  })
})

test('invalid options throw at the call, with their name', () => {
  const make = (options: object) => () =>
    httpDriver({ provider: 'p', model: 'm', send: fetch, decoder, ...options } as never)
  expect(make({})).not.toThrow()
  expect(make({ provider: '' })).toThrow('Option "httpDriver.provider" is ""')
  expect(make({ model: undefined })).toThrow('Option "httpDriver.model" is undefined')
  expect(make({ send: undefined })).toThrow('Option "httpDriver.send" is undefined')
  expect(make({ decoder: {} })).toThrow('Option "httpDriver.decoder" is {}')
  expect(make({ framing: 'json' })).toThrow('Allowed: "sse", "ndjson" or awsEventStream')
  expect(make({ framing: 'constructor' })).toThrow('Option "httpDriver.framing" is "constructor"')
  expect(make({ framing: null })).toThrow('Option "httpDriver.framing" is null')
  expect(make({ framing: awsEventStream })).not.toThrow()
  expect(make({ background: { resume: 1 } })).toThrow('"httpDriver.background.resume"')
  expect(make({ decode: decoder })).toThrow('Did you mean "decoder"?')
  expect(() => httpDriver(undefined as never)).toThrow('Option "httpDriver" is undefined')
})

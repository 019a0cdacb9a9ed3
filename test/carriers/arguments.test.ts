import { describe, expect, test } from 'vitest'
import {
  createStream,
  type EventStream,
  type Format,
  plainText,
  sse,
  toReadableStream,
  toResponse,
} from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { scripted } from '../../src/entries/testing.js'

function streamOf(): EventStream {
  return createStream({ driver: scripted(['a']), prompt: 'p' })
}

const response = { writeHead() {}, headersSent: false } as never

const writers: [string, (stream: unknown, format: unknown) => unknown][] = [
  ['toResponse', (stream, format) => toResponse(stream as EventStream, format as Format)],
  [
    'toReadableStream',
    async (stream, format) => toReadableStream(stream as EventStream, format as Format),
  ],
  ['pipeToNode', (stream, format) => pipeToNode(stream as EventStream, response, format as Format)],
]

describe.each(writers)('%s', (_name, write) => {
  test.each([
    [
      'a format that is not called',
      sse,
      'Option "format" is a function. Call it: pass sse() instead of sse.',
    ],
    ['another one', plainText, 'pass plainText() instead of plainText.'],
    ['no format', undefined, 'Option "format" is undefined. Allowed: a format, such as sse()'],
    ['the name of a format', 'sse', 'Option "format" is "sse".'],
    ['headers in place of a format', { headers: {} }, 'Option "format" is {"headers":"…"}.'],
  ])('refuses %s', async (_case, format, message) => {
    const stream = streamOf()
    await expect(write(stream, format)).rejects.toThrow(TypeError)
    await expect(write(stream, format)).rejects.toThrow(message)
    // The stream is still the caller's.
    expect(await stream.text()).toBe('a')
  })

  test.each([
    [
      'nothing',
      undefined,
      'Option "stream" is undefined. Allowed: a stream, such as createStream(',
    ],
    ['null, as follow() returns for an unknown id', null, 'Option "stream" is null.'],
    ['a text', 'Hello', 'Option "stream" is "Hello".'],
    ['a list of events', [], 'Option "stream" is [].'],
    ['a generator that is not called', async function* events() {}, 'is the function events().'],
    ['a promise', Promise.resolve(streamOf()), 'Option "stream" is a promise. Await it first.'],
  ])('refuses %s', async (_case, stream, message) => {
    await expect(write(stream, sse())).rejects.toThrow(TypeError)
    await expect(write(stream, sse())).rejects.toThrow(message)
  })

  test('handles the rejection of a promise that was not awaited', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', onUnhandled)
    await expect(write(Promise.reject(new Error('late')), sse())).rejects.toThrow('Await it first')
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
  })
})

test.each([
  ['the context of Koa', { res: response, headers: { authorization: 'hidden' } }],
  ['nothing', undefined],
])('pipeToNode refuses %s as a response, and names what to pass', async (_name, target) => {
  const piped = pipeToNode(streamOf(), target as never, sse())
  await expect(piped).rejects.toThrow(TypeError)
  await expect(piped).rejects.toThrow('ctx.res of Koa')
  await expect(piped).rejects.not.toThrow('hidden')
})

test.each([
  [{ status: 'ok' }, 'Option "init.status" is "ok". Allowed: a status from 200 to 599.'],
  [{ header: {} }, 'Unknown option "init.header". Did you mean "headers"?'],
])('pipeToNode refuses %o', async (init, message) => {
  const piped = pipeToNode(streamOf(), response, sse(), init as never)
  await expect(piped).rejects.toThrow(message)
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { agUi } from '../../src/entries/formats.js'
import {
  createStream,
  plainText,
  StreamError,
  sse,
  toReadableStream,
  toResponse,
} from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { scripted } from '../../src/entries/testing.js'

const print = vi.fn()
beforeEach(() => {
  print.mockClear()
  vi.spyOn(console, 'error').mockImplementation(print)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const failing = (): ReturnType<typeof createStream> =>
  createStream({
    driver: scripted(['a', new StreamError('setup', 'Install openai.')]),
    prompt: 'p',
    retry: false,
  })

test('toResponse prints code and message of a failure once', async () => {
  await (await toResponse(failing(), sse())).text()
  expect(print.mock.calls).toEqual([['sluice: setup: Install openai.']])
})

test('toReadableStream prints a failure that breaks the body off', async () => {
  await new Response(toReadableStream(failing(), plainText())).text().catch(() => {})
  expect(print.mock.calls).toEqual([['sluice: setup: Install openai.']])
})

test('a failure that became a status is printed as well', async () => {
  const driver = scripted([new StreamError('setup', 'Install openai.')])
  const response = await toResponse(createStream({ driver, prompt: 'p' }), plainText())
  expect(response.status).toBe(500)
  expect(print.mock.calls).toEqual([['sluice: setup: Install openai.']])
})

test('pipeToNode prints a failure once', async () => {
  const server = createServer((_request, response) => void pipeToNode(failing(), response, sse()))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  await (await fetch(`http://127.0.0.1:${port}/`)).text()
  server.close()
  expect(print.mock.calls).toEqual([['sluice: setup: Install openai.']])
})

test('a failure of the format is printed, because the stream does not know it', async () => {
  const driver = scripted([['a', new StreamError('server', 'x')], ['b']])
  const stream = createStream({ driver, prompt: 'p', retry: { maxRetries: 1, minDelayMs: 0 } })
  await (await toResponse(stream, agUi())).text()
  expect(print.mock.calls.map(([line]) => String(line).slice(0, 18))).toEqual([
    'sluice: retracted:',
  ])
})

test.each<[string, () => Promise<unknown>]>([
  [
    'in production',
    async () => {
      vi.stubEnv('NODE_ENV', 'production')
      await (await toResponse(failing(), sse())).text()
    },
  ],
  [
    'with an onEnd hook',
    async () => {
      const driver = scripted([new StreamError('setup', 'Install openai.')])
      const stream = createStream({ driver, prompt: 'p', onEnd: () => {} })
      await (await toResponse(stream, sse())).text()
    },
  ],
  [
    'for a stream that was cancelled',
    async () => {
      const driver = scripted(['a', { hang: true }])
      const body = toReadableStream(createStream({ driver, prompt: 'p' }), sse()).getReader()
      await body.read()
      await body.cancel()
    },
  ],
  [
    'for a complete answer',
    async () => {
      await (await toResponse(createStream({ driver: scripted(['a']), prompt: 'p' }), sse())).text()
    },
  ],
  [
    'without a response writer',
    async () => {
      await failing()
        .text()
        .catch(() => {})
    },
  ],
])('nothing is printed %s', async (_, run) => {
  await run()
  expect(print).not.toHaveBeenCalled()
})

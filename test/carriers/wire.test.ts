/**
 * What carriers put on the wire, seen through bare sockets.
 */

import { createServer } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Format } from '../../src/base/stream-format.js'
import { createStream, plainText, StreamError, sse } from '../../src/entries/index.js'
import { pipeToNode } from '../../src/entries/node.js'
import { scripted } from '../../src/entries/testing.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

type Script = Parameters<typeof scripted>[0]

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

function serve(script: Script, format: Format): Promise<number> {
  const server = createServer((_request, response) => {
    const stream = createStream({ driver: scripted(script), prompt: 'p', retry: false })
    void pipeToNode(stream, response, format, { headers: { date: 'today' } })
  })
  closing.push(() => server.closeAllConnections())
  return listen(server)
}

interface Answer {
  text: string
  /** How the connection ended. */
  end: 'end' | 'reset'
}

/** Sends a request and reads until the connection ends, or until `enough`. */
function ask(port: number, version: string, enough?: (text: string) => boolean): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET / HTTP/${version}\r\nHost: x\r\nConnection: close\r\n\r\n`)
  let text = ''
  return new Promise((resolve) => {
    socket.setEncoding('utf8')
    socket.on('data', (piece: string) => {
      text += piece
      if (enough?.(text)) {
        socket.destroy()
        resolve({ text, end: 'end' })
      }
    })
    socket.on('end', () => resolve({ text, end: 'end' }))
    socket.on('error', () => resolve({ text, end: 'reset' }))
  })
}

/** The chunks of a body in chunked encoding; the last one is empty if the body is whole. */
function chunksOf(text: string): string[] {
  let rest = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4))
  const chunks: string[] = []
  while (rest.length > 0) {
    const line = rest.indexOf('\r\n')
    const length = Number.parseInt(rest.subarray(0, line).toString(), 16)
    chunks.push(rest.subarray(line + 2, line + 2 + length).toString())
    rest = rest.subarray(line + 2 + length + 2)
  }
  return chunks
}

describe('pipeToNode on the wire', () => {
  test('sends the documented headers, and one chunk for each network chunk', async () => {
    const port = await serve([{ chunk: ['a', 'b'] }, 'ü'], sse())
    const { text } = await ask(port, '1.1')
    expect(text.slice(0, text.indexOf('\r\n\r\n'))).toBe(
      [
        'HTTP/1.1 200 OK',
        'content-type: text/event-stream; charset=utf-8',
        'cache-control: no-cache, no-transform',
        'x-accel-buffering: no',
        'date: today',
        'Connection: close',
        'Transfer-Encoding: chunked',
      ].join('\r\n'),
    )
    const chunks = chunksOf(text)
    expect(chunks.map((chunk) => chunk.match(/^event: .*$/gm))).toEqual([
      ['event: start'],
      ['event: content', 'event: content'],
      ['event: content'],
      ['event: complete'],
      null,
    ])
    expect(chunks[1]).toBe(
      'id: 2\nevent: content\ndata: {"type":"content","index":0,"kind":"text","text":"a"}\n\n' +
        'id: 3\nevent: content\ndata: {"type":"content","index":0,"kind":"text","text":"b"}\n\n',
    )
  })

  test('sends headers and heartbeats long before the first token', async () => {
    const port = await serve([{ hang: true }], sse({ heartbeatMs: 20 }))
    const { text } = await ask(port, '1.1', (sofar) => sofar.split(':\n\n').length > 4)
    expect(chunksOf(text).slice(1, 4)).toEqual([':\n\n', ':\n\n', ':\n\n'])
  })

  test('omits the terminating chunk when plain text breaks off, and delivers the text before it', async () => {
    const port = await serve(['Hel', new StreamError('network', 'gone')], plainText())
    const { text, end } = await ask(port, '1.1')
    expect(chunksOf(text)).toEqual(['Hel'])
    expect(end).toBe('end')
  })

  test('resets an HTTP/1.0 connection when plain text breaks off, because its end would be the end of the text', async () => {
    const whole = await ask(await serve(['Hello'], plainText()), '1.0')
    expect(whole).toMatchObject({ end: 'end', text: expect.stringMatching(/\r\n\r\nHello$/) })
    const broken = await ask(
      await serve(['Hel', new StreamError('network', 'gone')], plainText()),
      '1.0',
    )
    expect(broken.end).toBe('reset')
  })
})

describe('pipeToNode over HTTP/2', () => {
  async function ask2(script: Script, format: Format): Promise<Answer & { status: unknown }> {
    const server = createHttp2Server((_request, response) => {
      const stream = createStream({ driver: scripted(script), prompt: 'p', retry: false })
      void pipeToNode(stream, response, format)
    })
    const session = connectHttp2(`http://127.0.0.1:${await listen(server)}`)
    closing.push(() => session.destroy())
    const request = session.request({ ':path': '/' })
    request.setEncoding('utf8')
    let text = ''
    let status: unknown
    request.on('response', (headers) => {
      status = headers[':status']
    })
    request.on('data', (piece: string) => {
      text += piece
    })
    return new Promise((resolve) => {
      request.on('end', () => {
        if (request.rstCode === 0) resolve({ text, status, end: 'end' })
      })
      request.on('error', () => resolve({ text, status, end: 'reset' }))
    })
  }

  test('writes a stream', async () => {
    const { text, status, end } = await ask2(['Hel', 'lo'], sse())
    expect({ status, end }).toEqual({ status: 200, end: 'end' })
    expect(text.match(/^event: .*$/gm)).toHaveLength(4)
  })

  test('resets only the stream whose text breaks off', async () => {
    const answer = await ask2(['Hel', new StreamError('network', 'gone')], plainText())
    expect(answer).toEqual({ text: 'Hel', status: 200, end: 'reset' })
  })

  test("closes the provider's connection when the client resets the stream", async () => {
    const aborted = Promise.withResolvers<void>()
    const driver = scripted(['a', { hang: true }])
    const server = createHttp2Server((_request, response) => {
      const stream = createStream({
        driver: {
          ...driver,
          stream: (request, context) => {
            context.signal.addEventListener('abort', () => aborted.resolve())
            return driver.stream(request, context)
          },
        },
        prompt: 'p',
      })
      void pipeToNode(stream, response, sse())
    })
    const session = connectHttp2(`http://127.0.0.1:${await listen(server)}`)
    closing.push(() => session.destroy())
    const request = session.request({ ':path': '/' })
    request.on('error', () => {})
    await new Promise((resolve) => request.once('data', resolve))
    request.close(8)
    await aborted.promise
  })
})

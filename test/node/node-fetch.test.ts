/**
 * nodeFetch is a fetch: what it sends, what it returns and how it fails is compared with the global one.
 */

import { getEventListeners, once } from 'node:events'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createNodeFetch, nodeFetch } from '../../src/entries/node.js'
import { certificate, key } from '../support/certificate.js'
import { closedPort } from '../support/closed-port.js'
import { echo, listen, type Seen, seenOf } from './server.js'

type Fetch = typeof nodeFetch

const globalFetch: Fetch = (input, init) => globalThis.fetch(input, init)

describe('a request', () => {
  const file = new File(['abc'], 'a.txt', { type: 'text/plain' })
  const form = (): FormData => {
    const data = new FormData()
    data.set('name', 'Größe')
    data.set('file', file)
    return data
  }
  const requests: Record<string, (url: string) => Parameters<Fetch>> = {
    'an address alone': (url) => [`${url}/a?b=c#d`],
    'a URL': (url) => [new URL('/a b', url)],
    'a trailing question mark': (url) => [`${url}/a?`],
    'a string': (url) => [url, { method: 'POST', body: 'Größe' }],
    'an empty string': (url) => [url, { method: 'POST', body: '' }],
    'no body': (url) => [url, { method: 'POST' }],
    'a string with a type': (url) => [
      url,
      { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } },
    ],
    'headers as pairs': (url) => [
      url,
      {
        headers: [
          ['x-a', '1'],
          ['x-a', '2'],
        ],
      },
    ],
    'Headers with Latin-1': (url) => [url, { headers: new Headers({ 'x-a': 'caf\xe9' }) }],
    'headers that replace the defaults': (url) => [
      url,
      { headers: { accept: 'a/b', 'user-agent': 'mine', 'accept-encoding': 'identity' } },
    ],
    bytes: (url) => [url, { method: 'PUT', body: new Uint8Array([1, 200, 3]) }],
    'an ArrayBuffer': (url) => [url, { method: 'PUT', body: new Uint8Array([1, 2]).buffer }],
    'a Blob': (url) => [url, { method: 'POST', body: new Blob(['abc'], { type: 'x/y' }) }],
    URLSearchParams: (url) => [url, { method: 'POST', body: new URLSearchParams('a=1&b=2') }],
    'a Request': (url) => [new Request(url, { method: 'PATCH', headers: { 'x-a': '1' } })],
    'a method in lower case': (url) => [url, { method: 'post', body: 'a' }],
    'a method of its own': (url) => [url, { method: 'QUERY', body: 'a' }],
    DELETE: (url) => [url, { method: 'DELETE' }],
    'a stream': (url) => [
      url,
      { method: 'POST', body: new Blob(['abc']).stream(), duplex: 'half' } as RequestInit,
    ],
  }

  const without = ({ headers, ...seen }: Seen): Seen => ({
    ...seen,
    headers: { ...headers },
  })

  test.each(Object.entries(requests))('with %s arrives as that of fetch', async (_, make) => {
    await using server = await echo()
    const sent = async (fetch: Fetch): Promise<Seen> =>
      without((await (await fetch(...make(server.url))).json()) as Seen)
    expect(await sent(nodeFetch)).toEqual(await sent(globalFetch))
  })

  test('with a form arrives with the length that fetch gives it', async () => {
    await using server = await echo()
    const sent = async (fetch: Fetch): Promise<Seen> =>
      (await (await fetch(server.url, { method: 'POST', body: form() })).json()) as Seen
    const [own, its] = [await sent(nodeFetch), await sent(globalFetch)]
    expect(own.headers['content-length']).toBe(its.headers['content-length'])
    expect(own.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(own.body).toContain('filename="a.txt"')
  })

  const refused: Record<string, (url: string) => Parameters<Fetch>> = {
    'an invalid address': () => ['nowhere'],
    'another scheme': () => ['ftp://127.0.0.1/'],
    'an address with a password': (url) => [url.replace('//', '//me:secret@')],
    'a body of GET': (url) => [url, { body: 'a' }],
    'a method that is forbidden': (url) => [url, { method: 'TRACE' }],
    'a name of a header with a blank': (url) => [url, { headers: { 'a b': 'c' } }],
    'a line break in a header': (url) => [url, { headers: { a: 'b\nc' } }],
    'the header expect': (url) => [url, { headers: { expect: '100-continue' } }],
    'the header transfer-encoding': (url) => [url, { headers: { 'transfer-encoding': 'a' } }],
  }

  test.each(Object.entries(refused))('with %s is refused as by fetch', async (_, make) => {
    await using server = await echo()
    const refusal = async (fetch: Fetch): Promise<unknown> =>
      fetch(...make(server.url)).then(String, (error: Error) => [
        error.name,
        (error.cause as { code?: string } | undefined)?.code !== undefined,
      ])
    const own = await refusal(nodeFetch)
    expect(own).toEqual(['TypeError', expect.any(Boolean)])
    expect(JSON.stringify(own)).not.toContain('secret')
    expect((await refusal(globalFetch)) as unknown[]).toHaveProperty('0', 'TypeError')
  })

  test('with a wrong content-length is refused', async () => {
    await using server = await echo()
    const init = { method: 'POST', body: 'abc', headers: { 'content-length': '2' } }
    await expect(nodeFetch(server.url, init)).rejects.toThrow('fetch failed')
  })

  test('for data: or with integrity is left to fetch', async () => {
    expect(await (await nodeFetch('data:text/plain,abc')).text()).toBe('abc')
    await using server = await echo()
    const init = { integrity: 'sha256-AAAA' }
    await expect(nodeFetch(server.url, init)).rejects.toThrow(TypeError)
  })
})

describe('a response', () => {
  const answered = (): ReturnType<typeof listen> =>
    listen((_request, response) => {
      response.writeHead(201, 'Made', { 'content-type': 'application/json', 'x-a': 'caf\xe9' })
      response.end('{"a":"Größe"}')
    })

  test('has everything that one of fetch has', async () => {
    await using server = await answered()
    const facts = async (fetch: Fetch): Promise<unknown> => {
      const response = await fetch(`${server.url}/a#b`)
      const { status, statusText, ok, type, url, redirected, bodyUsed, headers } = response
      const { date: _, ...rest } = Object.fromEntries(headers)
      return {
        status,
        statusText,
        ok,
        type,
        url,
        redirected,
        bodyUsed,
        rest,
        json: await response.json(),
      }
    }
    expect(await facts(nodeFetch)).toEqual(await facts(globalFetch))
  })

  test('is a Response, whose body is read in every way, once', async () => {
    await using server = await answered()
    const text = '{"a":"Größe"}'
    const { length } = new TextEncoder().encode(text)
    const reads: [string, (response: Response) => Promise<unknown>, unknown][] = [
      ['text', (response) => response.text(), text],
      ['json', (response) => response.json(), { a: 'Größe' }],
      ['bytes', async (response) => (await response.bytes()).length, length],
      ['arrayBuffer', async (response) => (await response.arrayBuffer()).byteLength, length],
      ['blob', async (response) => (await response.blob()).type, 'application/json'],
      ['clone', (response) => response.clone().text(), text],
      ['new Response', (response) => new Response(response.body, response).text(), text],
      ['body', async ({ body }) => (await body?.getReader().read())?.value?.length, length],
    ]
    for (const [name, read, expected] of reads) {
      const response = await nodeFetch(server.url)
      expect(response).toBeInstanceOf(Response)
      expect(response.bodyUsed).toBe(false)
      expect(await read(response), name).toEqual(expected)
      if (name === 'clone') expect(await response.text()).toBe(text)
      expect(response.bodyUsed, name).toBe(true)
      await expect(response.text()).rejects.toThrow(TypeError)
    }
  })

  test.each([204, 205, 304])('of status %i has no body', async (status) => {
    await using server = await listen((_request, response) => response.writeHead(status).end())
    const response = await nodeFetch(server.url)
    expect([response.status, response.body, await response.text()]).toEqual([status, null, ''])
  })

  test('to HEAD has no body', async () => {
    await using server = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': '5' }).end()
    })
    const response = await nodeFetch(server.url, { method: 'HEAD' })
    expect([response.headers.get('content-length'), response.body]).toEqual(['5', null])
  })

  test('comes after early hints', async () => {
    await using server = await listen((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('whole')
    })
    const response = await nodeFetch(server.url)
    expect([response.status, await response.text()]).toEqual([200, 'whole'])
  })

  test('keeps all cookies apart', async () => {
    await using server = await listen((_request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']).end()
    })
    expect((await nodeFetch(server.url)).headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })
})

describe('a redirect', () => {
  const redirecting = (status: number, to: () => string): ReturnType<typeof listen> =>
    listen((request, response) => {
      if (request.url === '/from') response.writeHead(status, { location: to() }).end('moved')
      else void seenOf(request).then((seen) => response.end(JSON.stringify(seen)))
    })
  const headers = { authorization: 'Bearer k', 'x-api-key': 'k', cookie: 'c', 'x-a': '1' }

  const cases = [301, 302, 303, 307, 308].flatMap((status) =>
    ['GET', 'POST', 'PUT'].map((method) => ({ status, method })),
  )
  test.each(cases)('of status $status is followed by $method as by fetch', async (one) => {
    const { status, method } = one
    await using server = await redirecting(status, () => '/to?a')
    const init = { method, headers, ...(method === 'GET' ? {} : { body: 'b' }) }
    const followed = async (fetch: Fetch): Promise<unknown> => {
      const response = await fetch(`${server.url}/from`, init)
      const { method: how, path, headers: sent, body } = (await response.json()) as Seen
      return [response.url, response.redirected, how, path, { ...sent }, body]
    }
    expect(await followed(nodeFetch)).toEqual(await followed(globalFetch))
  })

  test('to another origin takes no key and no cookie along', async () => {
    await using other = await echo()
    await using server = await redirecting(307, () => other.url)
    const response = await nodeFetch(`${server.url}/from`, { method: 'POST', headers, body: 'b' })
    const { headers: sent } = (await response.json()) as Seen
    expect(Object.keys(headers).filter((name) => name in sent)).toEqual(['x-a'])
    expect(`http://${sent.host}`).toBe(other.url)
  })

  test('is returned, refused, or given up after twenty', async () => {
    await using server = await redirecting(302, () => '/from')
    const url = `${server.url}/from`
    const manual = await nodeFetch(url, { redirect: 'manual' })
    expect([manual.status, await manual.text()]).toEqual([302, 'moved'])
    await expect(nodeFetch(url, { redirect: 'error' })).rejects.toThrow('fetch failed')
    await expect(nodeFetch(url)).rejects.toThrow('fetch failed')
    await using away = await redirecting(302, () => 'file:///etc/passwd')
    await expect(nodeFetch(`${away.url}/from`)).rejects.toThrow('fetch failed')
  })
})

describe('a failure', () => {
  /** Sends these bytes for each request, and closes or resets the connection. */
  async function raw(
    bytes: string,
    end: 'end' | 'reset' = 'end',
  ): Promise<{ url: string } & AsyncDisposable> {
    const sockets = new Set<Socket>()
    const server = createTcpServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write(bytes, () => (end === 'end' ? socket.end() : socket.resetAndDestroy()))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      [Symbol.asyncDispose]: async () => {
        for (const socket of sockets) socket.destroy()
        server.close()
        await once(server, 'close')
      },
    }
  }

  const failure = (error: unknown): unknown => {
    const { name, message, cause } = error as Error
    const { code } = (cause ?? {}) as { code?: string }
    return { name, message, code }
  }
  const outcome = async (fetch: Fetch, url: string): Promise<unknown> => {
    try {
      return { text: await (await fetch(url)).text() }
    } catch (error) {
      return failure(error)
    }
  }

  const head = 'HTTP/1.1 200 OK\r\n'
  const bodies: Record<string, string> = {
    'no response': '',
    'half a head': head,
    'what is not HTTP': 'SSH-2.0-OpenSSH\r\n',
    'a body shorter than its content-length': `${head}content-length: 10\r\n\r\nabc`,
    'a chunked body without its end': `${head}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`,
    'a cut chunk': `${head}transfer-encoding: chunked\r\n\r\n9\r\nabc`,
    'a chunk without a size': `${head}transfer-encoding: chunked\r\n\r\nabc\r\n`,
    'a body that ends with its connection': `${head}connection: close\r\n\r\nabc`,
    'a gzip body that is none': `${head}content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc`,
    'six encodings': `${head}content-encoding: gzip,gzip,gzip,gzip,gzip,gzip\r\n\r\nabc`,
  }
  test.each(Object.entries(bodies))('by %s is that of fetch', async (name, bytes) => {
    await using server = await raw(bytes)
    const own = await outcome(nodeFetch, server.url)
    expect(own).toEqual(await outcome(globalFetch, server.url))
    if (name.includes('ends with')) expect(own).toEqual({ text: 'abc' })
    else expect(own).not.toHaveProperty('text')
  })

  test('by a reset is that of fetch', async () => {
    await using server = await raw(`${head}content-length: 10\r\n\r\nabc`, 'reset')
    const own = await outcome(nodeFetch, server.url)
    expect(own).toMatchObject({
      name: 'TypeError',
      code: expect.stringMatching(/ECONNRESET|SOCKET/),
    })
  })

  test('by an address where nobody listens, or a name that nobody has, is that of fetch', async () => {
    for (const url of [await closedPort(), 'http://nowhere.invalid/']) {
      const own = await outcome(nodeFetch, url)
      expect(own).toEqual(await outcome(globalFetch, url))
      expect(own).toHaveProperty('code', expect.any(String))
    }
  })

  test('by a certificate that nobody has signed is that of fetch', async () => {
    const server = createTlsServer({ cert: certificate, key }).listen(0)
    await once(server, 'listening')
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`
    const own = await outcome(nodeFetch, url)
    expect(own).toEqual(await outcome(globalFetch, url))
    expect(own).toHaveProperty('code', 'DEPTH_ZERO_SELF_SIGNED_CERT')
    server.close()
  })
})

describe('an abort', () => {
  const moments: Record<string, (response: Response) => Promise<unknown>> = {
    'while the body is read as a Web stream': (response) => response.text(),
    'before the body is read': async (response) => {
      await new Promise((resolve) => setImmediate(resolve))
      return response.text()
    },
  }

  test.each(Object.entries(moments))('%s closes the connection', async (_, read) => {
    const closed = Promise.withResolvers<void>()
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve)
      response.write('a')
    })
    const controller = new AbortController()
    const response = await nodeFetch(server.url, { signal: controller.signal })
    const text = read(response).catch((error: unknown) => error)
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await text).toBe(reason)
    await closed.promise
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })

  test('before the response rejects with its reason, of whatever type', async () => {
    const closed = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve)
      arrived.resolve()
    })
    const controller = new AbortController()
    const { signal } = controller
    const asked = nodeFetch(server.url, { signal }).catch((error: unknown) => error)
    await arrived.promise
    controller.abort('mine')
    expect(await asked).toBe('mine')
    await closed.promise
    await expect(nodeFetch(server.url, { signal })).rejects.toBe('mine')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('while it connects sends nothing', async () => {
    let requests = 0
    await using server = await listen((_request, response) => {
      requests++
      response.end()
    })
    const controller = new AbortController()
    const asked = nodeFetch(server.url, { signal: controller.signal })
    controller.abort()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
    await (await nodeFetch(server.url)).text()
    expect(requests).toBe(1)
  })

  test('leaves no listener after a whole response', async () => {
    await using server = await echo()
    const { signal } = new AbortController()
    await (await nodeFetch(server.url, { signal })).text()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('cancelled bodies close the connection', async () => {
    const closed = Promise.withResolvers<void>()
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve)
      response.write('a')
    })
    const response = await nodeFetch(server.url)
    await response.body?.cancel()
    await closed.promise
  })
})

test('an option that is no dispatcher is refused', () => {
  expect(() => createNodeFetch({ dispatcher: {} as never })).toThrow(
    'Option "createNodeFetch.dispatcher"',
  )
  expect(() => createNodeFetch({ agent: 1 } as never)).toThrow('Unknown option')
})

/**
 * What dispatchers bring: HTTP/2, proxies and mocks.
 */

import { once } from 'node:events'
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import {
  Agent,
  EnvHttpProxyAgent,
  getGlobalDispatcher,
  MockAgent,
  ProxyAgent,
  setGlobalDispatcher,
} from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { createNodeFetch, nodeFetch } from '../../src/entries/node.js'
import { certificate, key } from '../support/certificate.js'
import { listen, type Running, seenOf } from './server.js'

describe('HTTP/2', () => {
  class Http2Server implements AsyncDisposable {
    sessions: ServerHttp2Session[] = []
    /** The most streams that one session had open. */
    mostStreams = 0
    refuse = 0
    readonly #server: Http2SecureServer

    private constructor(server: Http2SecureServer) {
      this.#server = server
      server.on('session', (session) => this.sessions.push(session))
      server.on('request', (request, response) => void this.#answer(request, response))
    }

    static async listen(): Promise<Http2Server> {
      const settings = { maxConcurrentStreams: 10 }
      const tls = { cert: certificate, key, allowHTTP1: true }
      const server = createSecureServer({ ...tls, settings }).listen(0)
      await once(server, 'listening')
      return new Http2Server(server)
    }

    get url(): string {
      return `https://localhost:${(this.#server.address() as AddressInfo).port}/`
    }

    async #answer(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
      if (this.refuse-- > 0) return request.stream.close(7)
      const streams = (request.stream?.session as { streams?: number } | undefined) ?? {}
      streams.streams = (streams.streams ?? 0) + 1
      this.mostStreams = Math.max(this.mostStreams, streams.streams)
      let body = ''
      for await (const piece of request.setEncoding('utf8')) body += String(piece)
      response.write(`${request.httpVersion} ${body}`)
      setTimeout(() => {
        streams.streams = (streams.streams ?? 1) - 1
        response.end()
      }, 10)
    }

    async [Symbol.asyncDispose](): Promise<void> {
      for (const session of this.sessions) session.destroy()
      this.#server.close()
      await once(this.#server, 'close')
    }
  }

  const agents: Agent[] = []
  const connected = (options: Agent.Options = {}): typeof nodeFetch => {
    const dispatcher = new Agent({ connect: { ca: certificate }, allowH2: true, ...options })
    agents.push(dispatcher)
    return createNodeFetch({ dispatcher })
  }
  afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.destroy())))
  const post = async (fetch: typeof nodeFetch, url: string, body: string): Promise<string> =>
    (await fetch(url, { method: 'POST', body })).text()

  test('is used where the server has it, with few connections and as many streams as it allows', async () => {
    await using server = await Http2Server.listen()
    const fetch = connected()
    expect(await post(fetch, server.url, 'first')).toBe('2.0 first')
    const bodies = Array.from({ length: 60 }, (_, index) => `body ${index}`)
    const answers = await Promise.all(bodies.map((body) => post(fetch, server.url, body)))
    expect(answers).toEqual(bodies.map((body) => `2.0 ${body}`))
    expect(server.sessions.length).toBeLessThan(30)
    expect(server.mostStreams).toBeGreaterThan(1)
    expect(server.mostStreams).toBeLessThanOrEqual(10)
  })

  test('is not used by the global dispatcher of undici 7 or an agent that does not want it', async () => {
    await using server = await Http2Server.listen()
    expect(await post(connected({ allowH2: false }), server.url, 'a')).toBe('1.1 a')
  })

  test('ends what has begun after GOAWAY, and takes another connection for what follows', async () => {
    await using server = await Http2Server.listen()
    const fetch = connected()
    const response = await fetch(server.url, { method: 'POST', body: 'a' })
    for (const session of server.sessions) session.goaway(0)
    expect(await response.text()).toBe('2.0 a')
    expect(await post(fetch, server.url, 'b')).toBe('2.0 b')
    expect(server.sessions).toHaveLength(2)
  })

  test('sends again what the server has refused before it began', async () => {
    await using server = await Http2Server.listen()
    const fetch = connected()
    server.refuse = 1
    expect(await post(fetch, server.url, 'a')).toBe('2.0 a')
  })

  test('closes one stream for one abort, and the others go on', async () => {
    await using server = await Http2Server.listen()
    const fetch = connected()
    const controller = new AbortController()
    const init = { method: 'POST', body: 'a' }
    const left = await fetch(server.url, { ...init, signal: controller.signal })
    const stays = await fetch(server.url, init)
    controller.abort()
    await expect(left.text()).rejects.toMatchObject({ name: 'AbortError' })
    expect(await stays.text()).toBe('2.0 a')
    expect(server.sessions.filter(({ destroyed }) => !destroyed)).toHaveLength(1)
  })

  test('fails with the session', async () => {
    await using server = await Http2Server.listen()
    const response = await connected()(server.url, { method: 'POST', body: 'a' })
    for (const session of server.sessions) session.destroy()
    await expect(response.text()).rejects.toThrow('terminated')
  })
})

describe('a proxy', () => {
  interface Proxy extends Running {
    tunnels: string[]
  }

  /** Tunnels what comes with CONNECT, and hands on what comes with a whole address. */
  async function proxy(): Promise<Proxy> {
    const tunnels: string[] = []
    const running = await listen((request, response) => {
      tunnels.push(request.url ?? '')
      response.end('by proxy')
    })
    const sockets = new Set<Socket>()
    running.server.on('connect', (request, client: Socket) => {
      tunnels.push(request.url ?? '')
      const [host, port] = (request.url ?? '').split(':')
      const upstream = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(client).pipe(upstream)
      })
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.on('error', () => socket.destroy())
      }
    })
    return {
      ...running,
      tunnels,
      [Symbol.asyncDispose]: async () => {
        for (const socket of sockets) socket.destroy()
        await running[Symbol.asyncDispose]()
      },
    }
  }

  const origin = (): Promise<Running> =>
    listen((request, response) => void seenOf(request).then(({ body }) => response.end(body)))

  test('is used if a dispatcher says so', async () => {
    await using server = await origin()
    await using through = await proxy()
    const dispatcher = new ProxyAgent({ uri: through.url, proxyTunnel: true })
    const fetch = createNodeFetch({ dispatcher })
    const response = await fetch(server.url, { method: 'POST', body: 'a' })
    expect(await response.text()).toBe('a')
    expect(through.tunnels).toEqual([new URL(server.url).host])
    await dispatcher.destroy()
  })

  test('is taken from the environment, except for what NO_PROXY names', async () => {
    await using server = await origin()
    await using through = await proxy()
    const settings = { httpProxy: through.url, proxyTunnel: true }
    const post = async (noProxy: string): Promise<string> => {
      const dispatcher = new EnvHttpProxyAgent({ ...settings, noProxy })
      const response = await createNodeFetch({ dispatcher })(server.url, {
        method: 'POST',
        body: 'a',
      })
      const text = await response.text()
      await dispatcher.destroy()
      return text
    }
    expect([await post('127.0.0.1'), through.tunnels.length]).toEqual(['a', 0])
    expect([await post('other.test'), through.tunnels.length]).toEqual(['a', 1])
  })
})

describe('a mock', () => {
  const before = getGlobalDispatcher()
  afterEach(() => setGlobalDispatcher(before))

  test('of undici answers, as it answers the global fetch', async () => {
    const mock = new MockAgent()
    mock.disableNetConnect()
    setGlobalDispatcher(mock)
    const answers = mock.get('http://provider.test')
    answers.intercept({ path: '/a', method: 'POST' }).reply(201, 'mocked').times(2)
    for (const fetch of [globalThis.fetch, nodeFetch]) {
      const response = await fetch('http://provider.test/a', { method: 'POST', body: '{}' })
      expect([response.status, await response.text()]).toEqual([201, 'mocked'])
    }
    await expect(nodeFetch('http://provider.test/b')).rejects.toThrow('fetch failed')
  })
})

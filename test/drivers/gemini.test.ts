import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream } from '../../src/entries/index.js'
import { collect, outline } from '../support/collect.js'
import { respondWith } from '../support/recordings.js'

afterEach(() => vi.unstubAllEnvs())

const ask = (driver: Driver) => createStream({ driver, prompt: 'Hello?', retry: false })

const body = (...chunks: unknown[]): Uint8Array[] =>
  chunks.map((chunk) => new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\r\n\r\n`))
const answer = (text: string, finishReason?: string): unknown => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason }],
})
const whole = body(answer('a'), answer('b', 'STOP'))

/** A fetch that keeps what it was asked. */
function listening(chunks = whole): { fetch: typeof fetch; requests: Request[] } {
  const requests: Request[] = []
  const respond = respondWith(chunks)
  const fetch: typeof globalThis.fetch = (input, init) => {
    requests.push(new Request(input, init))
    return respond(input, init)
  }
  return { fetch, requests }
}

describe('the request', () => {
  test('goes to the model, with the key in a header and not in the address', async () => {
    const { fetch, requests } = listening()
    expect(await ask(gemini({ model: 'gemini-2.5-flash', apiKey: 'k', fetch })).text()).toBe('ab')
    const [request] = requests
    expect(request?.method).toBe('POST')
    expect(request?.url).toBe(
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    )
    expect(request?.headers.get('x-goog-api-key')).toBe('k')
    expect(request?.headers.get('content-type')).toBe('application/json')
    expect(await request?.json()).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hello?' }] }],
    })
  })

  test('goes to another address, with further headers', async () => {
    const { fetch, requests } = listening()
    const headers = { 'x-goog-user-project': 'mine' }
    const baseURL = 'http://proxy.test/v1/'
    await ask(gemini({ model: 'tunedModels/a b', apiKey: 'k', baseURL, headers, fetch })).text()
    expect(requests[0]?.url).toBe(
      'http://proxy.test/v1/tunedModels/a%20b:streamGenerateContent?alt=sse',
    )
    expect(requests[0]?.headers.get('x-goog-user-project')).toBe('mine')
  })

  test('sends the effort to a Gemini 3 model as a level', async () => {
    const { fetch, requests } = listening()
    const driver = gemini({ model: 'gemini-3-flash-preview', apiKey: 'k', fetch })
    const reasoning = { effort: 'low' } as const
    await createStream({ driver, prompt: 'p', reasoning, retry: false }).text()
    expect(await requests[0]?.json()).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingLevel: 'low' } },
    })
  })

  test('has a key from a function for each request, or from the environment', async () => {
    const { fetch, requests } = listening()
    let count = 0
    const driver = gemini({ model: 'm', apiKey: async () => `k${++count}`, fetch })
    await ask(driver).text()
    await ask(driver).text()
    vi.stubEnv('GEMINI_API_KEY', 'from-environment')
    await ask(gemini({ model: 'm', fetch })).text()
    expect(requests.map(({ headers }) => headers.get('x-goog-api-key'))).toEqual([
      'k1',
      'k2',
      'from-environment',
    ])
  })

  test('is not sent without a key, and the error names the variable', async () => {
    vi.stubEnv('GEMINI_API_KEY', '')
    const { fetch, requests } = listening()
    await expect(ask(gemini({ model: 'm', fetch })).text()).rejects.toMatchObject({
      code: 'setup',
      retryable: false,
      message: expect.stringContaining('GEMINI_API_KEY'),
    })
    expect(requests).toEqual([])
  })

  test('needs no key alongside an authorization, and sends none from the environment then', async () => {
    vi.stubEnv('GEMINI_API_KEY', 'from-environment')
    const { fetch, requests } = listening()
    const headers = { Authorization: 'Bearer t' }
    await ask(gemini({ model: 'm', headers, fetch })).text()
    expect(requests[0]?.headers.get('authorization')).toBe('Bearer t')
    expect(requests[0]?.headers.has('x-goog-api-key')).toBe(false)
  })
})

test('a key among the headers is the one that is sent', async () => {
  vi.stubEnv('GEMINI_API_KEY', 'from-environment')
  const { fetch, requests } = listening()
  await ask(gemini({ model: 'm', headers: { 'X-Goog-Api-Key': 'mine' }, fetch })).text()
  expect(requests[0]?.headers.get('x-goog-api-key')).toBe('mine')
})

test.each([
  ['m', 'models/m'],
  ['models/m', 'models/m'],
  ['tunedModels/mine', 'tunedModels/mine'],
  ['publishers/google/models/m', 'publishers/google/models/m'],
  ['..', 'models/%252E%252E'],
  ['../../tenant-b/models/x', '%252E%252E/%252E%252E/tenant-b/models/x'],
  ['models/../../../admin', 'models/%252E%252E/%252E%252E/%252E%252E/admin'],
  ['a/./b', 'a/%252E/b'],
  ['%2e%2e/x', '%252e%252e/x'],
  ['a%2f..%2fb', 'models/a%252f..%252fb'],
  ['..\\x', 'models/..%5Cx'],
  ['.\t./x', '.%09./x'],
  ['a?key=1#b', 'models/a%3Fkey%3D1%23b'],
  ['//evil.example/x', '//evil.example/x'],
  ['x:generateContent?', 'models/x%3AgenerateContent%3F'],
  ['@evil.example/x', '%40evil.example/x'],
])('the model %s is requested below the base path', async (model, path) => {
  const { fetch, requests } = listening()
  const baseURL = 'http://127.0.0.1/tenant-a/v1beta'
  await ask(gemini({ model, apiKey: 'k', baseURL, fetch })).final()
  expect(requests[0]?.url).toBe(`${baseURL}/${path}:streamGenerateContent?alt=sse`)
})

test('an invalid option throws at the call, which names it', () => {
  expect(() => gemini({ model: '' })).toThrow('"gemini.model"')
  expect(() => gemini({ model: 'm', baseURL: 'nowhere' })).toThrow('"gemini.baseURL"')
  expect(() => gemini({ model: 'm', project: 'p' } as never)).toThrow('"gemini.project"')
})

describe('the stream', () => {
  const events = async (chunks: Uint8Array[], init?: ResponseInit): Promise<string[]> => {
    const fetch = respondWith(chunks, init)
    return outline(await collect(ask(gemini({ model: 'm', apiKey: 'k', fetch }))))
  }

  test('is interrupted if the body ends without a finish reason', async () => {
    expect(await events(whole.slice(0, 1))).toEqual(['start', 'text a', 'error interrupted'])
    expect(await events([])).toEqual(['start', 'error interrupted'])
  })

  test('emits the content before an error', async () => {
    const error = { code: 500, message: 'An internal error has occurred.', status: 'INTERNAL' }
    const chunks = body(answer('a'), { error })
    expect(await events(chunks)).toEqual(['start', 'text a', 'error server'])
  })

  test('is complete without text if the prompt was blocked', async () => {
    const fetch = respondWith(body({ promptFeedback: { blockReason: 'SAFETY' } }))
    expect(await ask(gemini({ model: 'm', apiKey: 'k', fetch })).final()).toMatchObject({
      text: '',
      finishReason: 'content-filter',
      rawFinishReason: 'SAFETY',
      provider: 'gemini',
    })
  })

  test('fails with the code of the status and of the body', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }]
    const error = { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED', details }
    const text = new TextEncoder().encode(JSON.stringify([{ error }]))
    const fetch = respondWith([text], { status: 429 })
    await expect(ask(gemini({ model: 'm', apiKey: 'k', fetch })).text()).rejects.toMatchObject({
      code: 'rate-limit',
      status: 429,
      retryAfterMs: 7000,
    })
  })

  test('fails with the status of an error without a readable body, and its wait', async () => {
    const fetch = respondWith([new TextEncoder().encode('busy')], {
      status: 503,
      headers: { 'content-type': 'text/plain', 'retry-after': '3' },
    })
    await expect(ask(gemini({ model: 'm', apiKey: 'k', fetch })).text()).rejects.toMatchObject({
      code: 'overloaded',
      status: 503,
      retryAfterMs: 3000,
      message: expect.stringContaining('busy'),
    })
  })

  test('closes the request when its reader stops', async () => {
    let signal: AbortSignal | null | undefined
    const fetch: typeof globalThis.fetch = (input, init) => {
      signal = init?.signal
      return respondWith(whole)(input, init)
    }
    for await (const event of ask(gemini({ model: 'm', apiKey: 'k', fetch }))) {
      if (event.type === 'content') break
    }
    expect(signal?.aborted).toBe(true)
  })
})

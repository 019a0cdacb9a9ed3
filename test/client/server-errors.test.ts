import { describe, expect, test } from 'vitest'
import { connect, readStream } from '../../src/entries/client.js'
import type { StreamError } from '../../src/entries/index.js'

async function errorOf(response: () => Promise<Response>): Promise<StreamError> {
  return connect('http://app.test/chat', { json: {}, retry: false, fetch: response })
    .text()
    .then(
      () => Promise.reject(new Error('The stream did not fail.')),
      (error: StreamError) => error,
    )
}

describe('errors between a page and its own server', () => {
  test.each([
    [400, 'invalid-request'],
    [401, 'auth'],
    [403, 'permission'],
    [404, 'not-found'],
    [408, 'timeout'],
    [413, 'invalid-request'],
    [422, 'invalid-request'],
    [429, 'rate-limit'],
    [500, 'server'],
    [502, 'server'],
    [503, 'overloaded'],
    [504, 'timeout'],
  ] as const)(
    'an error response with status %i becomes %s, keeps the status, and never blames the model',
    async (status, code) => {
      const html = '<html><body>Sign in</body></html>'
      const error = await errorOf(async () => new Response(html, { status }))
      expect(error).toMatchObject({ code, status, body: html })
      expect(error.toJSON()).toMatchObject({ code, status })
      expect(error.toJSON().message).not.toMatch(/model/i)
      expect(JSON.stringify(error)).not.toContain('html')
    },
  )

  test('an error keeps only the first 4,096 characters of a response body', async () => {
    const error = await errorOf(async () => new Response('x'.repeat(100_000), { status: 500 }))
    expect(error.body).toHaveLength(4096)
  })

  test('an error response of this package keeps the code and the message of its stream', async () => {
    const body = { error: { code: 'quota', message: 'No more today.', retryable: false } }
    const error = await errorOf(async () => Response.json(body, { status: 503 }))
    expect(error).toMatchObject({ code: 'quota', message: 'No more today.', status: 503 })
  })

  test('an error without a response names the connection to the server', async () => {
    const error = await errorOf(() => Promise.reject(new TypeError('Failed to fetch')))
    expect(error).toMatchObject({ code: 'network', retryable: true })
    expect(error.toJSON().message).toBe('The connection to the server failed.')
  })

  test('an error keeps the body of a web page that was sent instead of a stream', async () => {
    const page = '<html>Welcome</html>'
    const html = new Response(page, { headers: { 'content-type': 'text/html' } })
    const error = await errorOf(async () => html)
    expect(error).toMatchObject({ code: 'protocol', body: page })
    expect(error.message).toMatch(/text\/html/)
  })

  test('a response without a body, as in React Native, is a setup error', async () => {
    const response = {
      ok: true,
      status: 200,
      headers: new Headers({ 'content-type': 'text/event-stream' }),
    }
    const bodiless = response as unknown as Response
    expect(await errorOf(async () => bodiless)).toMatchObject({ code: 'setup', retryable: false })
    await expect(readStream(bodiless).text()).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringMatching(/does not stream.*no body.*option "fetch"/),
    })
  })
})

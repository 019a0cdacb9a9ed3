import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { connect, readStream } from '../../src/entries/client.js'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, type StreamEvent } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { collect } from '../support/collect.js'

const headers = { 'content-type': 'text/event-stream' }

/** What a `fetch` gives that logs what it got. */
async function usedResponse(status = 200): Promise<Response> {
  const response = new Response('data: {}\n\n', { status, headers })
  await response.text()
  return response
}

/** What node-fetch gives, and with it `openai` up to 4. */
function nodeResponse(status = 200): Response {
  const body = Readable.from([Buffer.from('data: {}\n\n')])
  return { ok: status < 300, status, headers: new Headers(headers), body } as never
}

const makers = { 'that was read before': usedResponse, 'that is a stream of Node': nodeResponse }

function asked(response: Response | Promise<Response>): Promise<StreamEvent[]> {
  const fetch = async (): Promise<Response> => response
  const driver = compatible({ model: 'm', apiKey: 'k', baseURL: 'http://provider.test', fetch })
  return collect(createStream({ driver, prompt: 'p', retry: false }))
}

test.each(Object.entries(makers))('a body %s is told as protocol', async (_, make) => {
  const events = await asked(make())
  expect(events.map(({ type }) => type)).toEqual(['start', 'error'])
  expect(events[1]).toMatchObject({ error: { code: 'protocol' } })
  expect(String(events[1]?.type === 'error' && events[1].error)).toContain('was read before')
})

test.each(Object.entries(makers))('a body %s leaves a bad status what it is', async (_, make) => {
  const events = await asked(make(503))
  expect(events[1]).toMatchObject({ error: { code: 'overloaded', status: 503 } })
})

test.each(Object.entries(makers))('a body %s from an SDK is told as protocol', async (_, make) => {
  const create = () => ({ asResponse: async () => make() })
  const driver = openai({ model: 'm', client: { chat: { completions: { create } } } })
  const events = await collect(createStream({ driver, prompt: 'p', retry: false }))
  expect(events[1]).toMatchObject({ error: { code: 'protocol' } })
})

test.each(Object.entries(makers))(
  'a body %s is let go where nobody waits for it',
  async (_, make) => {
    let answer = (_response: Response): void => {}
    const response = new Promise<Response>((resolve) => {
      answer = resolve
    })
    const controller = new AbortController()
    const fetch = (): Promise<Response> => response
    const driver = compatible({ model: 'm', apiKey: 'k', baseURL: 'http://provider.test', fetch })
    const events = collect(createStream({ driver, prompt: 'p', signal: controller.signal }))
    setImmediate(() => controller.abort())
    expect((await events)[1]).toMatchObject({ error: { code: 'aborted' } })
    // An error in what follows has nobody to go to, and would end the process.
    answer(await make())
    await new Promise(setImmediate)
  },
)

test('a response that was read before is an error to read back, and none that ends the process', async () => {
  const failed = [{ type: 'start' }, { type: 'error', error: { code: 'protocol' } }]
  expect(await collect(readStream(await usedResponse()))).toMatchObject(failed)
  expect(
    await collect(connect('http://server.test', { fetch: () => usedResponse() })),
  ).toMatchObject(failed)
  const text = readStream(await usedResponse()).text()
  await expect(text).rejects.toMatchObject({ code: 'protocol' })
})

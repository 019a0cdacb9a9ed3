import { describe, expect, test } from 'vitest'
import { ndjson, StreamError, toResponse } from '../../src/entries/index.js'
import { parseEvent } from '../../src/formats/parse-event.js'
import { answer, failed, nasty, pythonLines, text } from './events.js'

const error = new StreamError('server', 'sk-secret', { provider: 'openai' })

describe('ndjson()', () => {
  test('writes each event as one line of JSON', () => {
    expect(ndjson().encoder().encode(answer.slice(0, 3))).toBe(
      '{"type":"start","id":"s","provider":"p","model":"m"}\n' +
        '{"type":"content","index":0,"kind":"text","text":"Hel"}\n' +
        '{"type":"content","index":0,"kind":"text","text":"lo"}\n',
    )
  })

  test('has its own content type, and the headers that proxies need', async () => {
    async function* events() {
      yield* answer
    }
    const response = await toResponse(events(), ndjson())
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    const lines = (await response.text()).split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map((line) => parseEvent(line))).toEqual(answer)
  })

  test.each(nasty)('keeps $name, on one line for every reader', ({ value }) => {
    const bytes = ndjson()
      .encoder()
      .encode([text(value)])
    expect(pythonLines(bytes)).toHaveLength(1)
    expect(parseEvent(bytes)).toEqual(text(value))
  })

  test('sends no heartbeat unless told, and then empty lines', () => {
    expect(ndjson().heartbeat).toBeUndefined()
    expect(ndjson({ heartbeatMs: 500 }).heartbeat).toEqual({ text: '\n', everyMs: 500 })
  })

  test('keeps the words of the provider in, unless told otherwise', () => {
    expect(
      ndjson()
        .encoder()
        .encode([failed(error)]),
    ).not.toMatch(/sk-secret|openai/)
    const exposed = ndjson({ exposeErrors: true })
      .encoder()
      .encode([failed(error)])
    expect(JSON.parse(exposed).error).toMatchObject({ message: 'sk-secret', provider: 'openai' })
  })

  test('refuses options it does not have', () => {
    expect(() => ndjson({ retryMs: 5 } as never)).toThrow('ndjson.retryMs')
  })
})

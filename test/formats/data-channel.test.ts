import { expect, test } from 'vitest'
import { connect, type DataEvent, readStream } from '../../src/entries/client.js'
import { createStream, dataChannel, sse, toResponse } from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'

const stream = (texts: string[]) => createStream({ driver: scripted(texts), prompt: 'p' })

test('data of the application reaches onData in order, and leaves the stream as it is', async () => {
  const data = dataChannel()
  data.push('title', { text: 'Sky' })
  const received: DataEvent[] = []
  const order: string[] = []
  const events = connect('/ai', {
    json: {},
    fetch: () => toResponse(stream(['a', 'b']), sse({ data })),
    onData: (event) => {
      received.push(event)
      order.push(`data ${event.name}`)
    },
  })
  for await (const { type } of events) {
    order.push(type)
    if (type === 'content') data.push('seen', Uint8Array.of(1))
  }
  expect(received.slice(0, 2)).toEqual([
    { type: 'data', name: 'title', data: { text: 'Sky' } },
    { type: 'data', name: 'seen', data: 'AQ==' },
  ])
  expect(order[0]).toBe('data title')
  expect(order.filter((line) => !line.startsWith('data'))).toEqual([
    'start',
    'content',
    'content',
    'complete',
  ])
})

test('readers without onData ignore the data', async () => {
  const data = dataChannel()
  data.push('title', 'Sky')
  const response = await toResponse(stream(['a', 'b']), sse({ data }))
  expect(await readStream(response).text()).toBe('ab')
})

test('each response has the data from its beginning, without ids', async () => {
  const data = dataChannel()
  data.push('title', 'Sky\n\nevent: complete')
  const format = sse({ data })
  const [one, other] = await Promise.all(
    ['a', 'a'].map(async (text) => (await toResponse(stream([text]), format)).text()),
  )
  for (const body of [one, other]) {
    expect(body?.match(/event: data\n/g)).toHaveLength(1)
    expect(body?.startsWith('event: data\n')).toBe(true)
    expect(body).not.toMatch(/^event: complete$\n\n/m)
  }
})

test('a channel refuses what it cannot write', () => {
  const data = dataChannel()
  expect(() => data.push('', 1)).toThrow('Option "name" is ""')
  expect(() => data.push('x', 10n)).toThrow(TypeError)
  expect(() => sse({ data: { push() {} } as never })).toThrow('a dataChannel()')
})

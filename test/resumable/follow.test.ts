import { expect, test, vi } from 'vitest'
import { createStream, sse, toResponse } from '../../src/entries/index.js'
import { createResumable, memoryLog } from '../../src/entries/resumable.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'
import { follow, Meddler, readRest, Speaker, take, until } from './support.js'

function hello() {
  return createStream({ driver: scripted(['Hel', 'lo']), prompt: 'p' })
}

test('a follower receives every published event, during the stream and after its end', async () => {
  const resumable = createResumable({ log: memoryLog() })
  const { id, ended } = await resumable.publish('s', hello())
  expect(id).toBe('s')
  const live = await readRest(resumable, 's')
  expect(outline(live)).toEqual(['start', 'text Hel', 'text lo', 'complete Hello'])
  expect(await ended).toEqual(live.at(-1))
  expect(await readRest(resumable, 's')).toEqual(live)
})

test('a follower that disconnects does not end the stream, and resumes at its last event', async () => {
  const resumable = createResumable({ log: memoryLog() })
  const speaker = new Speaker()
  await resumable.publish('s', speaker.stream)
  speaker.say('a', 'b')
  const first = await take(await follow(resumable, 's'), 3)
  expect(outline(first)).toEqual(['start', 'text a', 'text b'])
  speaker.say('c')
  speaker.end()
  expect(outline(await readRest(resumable, 's', '3'))).toEqual(['text c', 'complete abc'])
  const all = ['text a', 'text b', 'text c', 'complete abc']
  expect(outline(await readRest(resumable, 's', 1))).toEqual(all)
})

test('a follower that has received the end gets no events, but still has the result', async () => {
  const resumable = createResumable({ log: memoryLog() })
  await (await resumable.publish('s', hello())).ended
  const stream = await follow(resumable, 's', '4')
  expect(stream.over).toBe(true)
  expect(await stream.text()).toBe('Hello')
  expect(await readRest(resumable, 's', '4')).toEqual([])
  expect((await follow(resumable, 's', '3')).over).toBe(false)
})

test('a stream that has ended is told apart from a running one, whatever its follower has received', async () => {
  const resumable = createResumable({ log: memoryLog() })
  const speaker = new Speaker()
  const { ended } = await resumable.publish('s', speaker.stream)
  speaker.say('a')
  await take(await follow(resumable, 's'), 2)
  for (const after of [0, 1, 2]) expect((await follow(resumable, 's', after)).ended).toBe(false)
  speaker.end()
  await ended
  for (const after of [0, 1, 2, 3]) expect((await follow(resumable, 's', after)).ended).toBe(true)
})

test('follow() returns null for an unknown id', async () => {
  const resumable = createResumable({ log: memoryLog() })
  for (const id of ['s', '']) expect(await resumable.follow(id)).toBeNull()
  expect(await resumable.follow('s', '7')).toBeNull()
})

test.each([
  ['x', '"x"'],
  ['-1', '"-1"'],
  ['1.5', '"1.5"'],
  [' 1', '" 1"'],
  ['1e2', '"1e2"'],
  ['9'.repeat(400), '"9999'],
  [-1, '-1'],
  [Number.NaN, 'NaN'],
])('follow() rejects the Last-Event-ID %s, which is not a number', async (lastEventId, shown) => {
  const resumable = createResumable({ log: memoryLog() })
  await (await resumable.publish('s', hello())).ended
  const refused = resumable.follow('s', lastEventId)
  await expect(refused).rejects.toMatchObject({ code: 'invalid-request' })
  await expect(refused).rejects.toThrow(`Last-Event-ID is ${shown}`)
})

test('follow() rejects a Last-Event-ID beyond the last event', async () => {
  const resumable = createResumable({ log: memoryLog() })
  await (await resumable.publish('s', hello())).ended
  const refused = resumable.follow('s', '5')
  await expect(refused).rejects.toMatchObject({ code: 'invalid-request' })
  await expect(refused).rejects.toThrow(
    'Last-Event-ID is 5, but the last event of the stream "s" is 4',
  )
})

test('waiting followers share one subscription and do not read the log', async () => {
  const meddler = new Meddler(memoryLog())
  const resumable = createResumable({ log: meddler.log })
  const speaker = new Speaker()
  await resumable.publish('s', speaker.stream)
  speaker.say('a')
  const followers = Array.from({ length: 100 }, () => readRest(resumable, 's'))
  await until(() => meddler.count('read') >= 101, 'everybody has read what there is')
  const reads = meddler.count('read')
  for (const text of 'bcdefghij') {
    speaker.say(text)
    await new Promise((resolve) => setImmediate(resolve))
  }
  speaker.end()
  for (const events of await Promise.all(followers)) {
    expect(outline(events)).toEqual([
      'start',
      ...[...'abcdefghij'].map((text) => `text ${text}`),
      'complete abcdefghij',
    ])
  }
  expect(meddler.count('subscribe')).toBe(1)
  expect(meddler.count('read')).toBe(reads)
})

test('a slow follower receives everything and delays nobody', async () => {
  const resumable = createResumable({ log: memoryLog() })
  const speaker = new Speaker()
  await resumable.publish('s', speaker.stream)
  speaker.say('first')
  const iterator = (await follow(resumable, 's'))[Symbol.asyncIterator]()
  const texts: string[] = []
  const next = async (): Promise<boolean> => {
    const { value } = await iterator.next()
    if (value?.type === 'content' && value.kind === 'text') texts.push(value.text)
    return value !== undefined
  }
  await next()
  await next()
  const third = next()
  const said = Array.from({ length: 3_000 }, (_, index) => `${index} `)
  speaker.say(...said)
  speaker.end()
  await third
  await until(() => speaker.taken === 3_001, 'the producer has said everything')
  while (await next());
  expect(texts).toEqual(['first', ...said])
})

test('server-sent events have the ids of the log, so that a reconnection receives exactly the missing ones', async () => {
  const resumable = createResumable({ log: memoryLog() })
  const speaker = new Speaker()
  await resumable.publish('s', speaker.stream)
  speaker.say('a', ['b', 'c'], 'd')
  speaker.end()
  const blocksAfter = async (seen?: string): Promise<string[]> => {
    const response = await toResponse(await follow(resumable, 's', seen), sse())
    return (await response.text()).split('\n\n').filter((block) => block !== '')
  }
  const blocks = await blocksAfter()
  const ids = blocks.map((block) => block.split('\n')[0])
  expect(ids).toEqual(['id: 1', 'id: 2', 'id: 3', 'id: 4', 'id: 5', 'id: 6'])
  for (let seen = 0; seen <= 6; seen++) {
    expect(await blocksAfter(String(seen))).toEqual(blocks.slice(seen))
  }
})

test('retry events are stored', async () => {
  const cut = new Error('cut')
  const driver = scripted([['Hel', cut], ['Hello']])
  const resumable = createResumable({ log: memoryLog() })
  const retry = { minDelayMs: 0, shouldRetry: () => true }
  await resumable.publish('s', createStream({ driver, prompt: 'p', retry }))
  const events = await readRest(resumable, 's')
  const expected = [
    'start',
    'text Hel',
    'retry 2/3 restart unknown',
    'text Hello',
    'complete Hello',
  ]
  expect(outline(events)).toEqual(expected)
  expect(outline(await readRest(resumable, 's', '2'))).toEqual(expected.slice(2))
})

test('a producer whose stream has ended releases everything', async () => {
  const { log } = new Meddler(memoryLog())
  const { onStop } = log
  const left = vi.fn()
  log.onStop = async (id, callback) => {
    const leave = await onStop(id, callback)
    return () => {
      left()
      leave()
    }
  }
  const resumable = createResumable({ log })
  const speaker = new Speaker()
  const { ended } = await resumable.publish('s', speaker.stream)
  speaker.say('a')
  await until(() => speaker.taken === 1, 'it has begun')
  expect(left).not.toHaveBeenCalled()
  speaker.end()
  await ended
  expect(left).toHaveBeenCalledOnce()
})

test('a follower that disconnects from a silent stream releases everything', async () => {
  const { log, ...meddler } = new Meddler(memoryLog())
  const { subscribe } = log
  const left = vi.fn()
  log.subscribe = async (id, listener) => {
    const leave = await subscribe(id, listener)
    return () => {
      left()
      leave()
    }
  }
  const resumable = createResumable({ log })
  const speaker = new Speaker()
  await resumable.publish('s', speaker.stream)
  const subscriptions = () => meddler.calls.filter((call) => call === 'subscribe').length
  for (let round = 1; round <= 3; round++) {
    const stream = await follow(resumable, 's')
    const events = collect(stream)
    await until(() => subscriptions() === round, 'it has subscribed')
    stream.cancel()
    expect(outline(await events)).toEqual(['start', 'error aborted'])
    await until(() => left.mock.calls.length === round, 'it has left')
  }
  speaker.end()
  expect(outline(await readRest(resumable, 's'))).toEqual(['start', 'complete '])
  await until(() => left.mock.calls.length === subscriptions(), 'everybody has left')
})

import { describe, expect, test, vi } from 'vitest'
import { createResumable, memoryLog, type StreamLog } from '../../src/entries/resumable.js'
import { collect, outline } from '../support/collect.js'
import { follow, Meddler, readRest, Speaker, until } from './support.js'

const start = JSON.stringify({ type: 'start', id: 'x', provider: 'p', model: 'm' })
const retry = {
  type: 'retry',
  attempt: 2,
  maxAttempts: 3,
  delayMs: 0,
  mode: 'restart',
  provider: 'p',
  model: 'm',
}

function text(value: string): string {
  return JSON.stringify({ type: 'content', kind: 'text', index: 0, text: value })
}

/** Creates the state that a killed producer leaves behind. */
async function leave(log: StreamLog, leaseMs: number, events: readonly string[]): Promise<void> {
  const lease = { fence: 'dead', leaseMs }
  await log.create('s', lease)
  if (events.length > 0) await log.append('s', lease, { first: 1, events, ended: false })
}

describe('a producer that dies', () => {
  test('followers of a dead producer receive interrupted once its lease has expired, and not before', async () => {
    vi.useFakeTimers()
    try {
      const log = memoryLog()
      await leave(log, 5_000, [start, text('a')])
      const read = readRest(createResumable({ log }), 's')
      let events: unknown
      void read.then((all) => {
        events = all
      })
      await vi.advanceTimersByTimeAsync(4_990)
      expect(events).toBeUndefined()
      await vi.advanceTimersByTimeAsync(60)
      expect(outline(await read)).toEqual(['start', 'text a', 'error interrupted'])
    } finally {
      vi.useRealTimers()
    }
  })

  test('all followers of a dead producer receive the same end, with the content since the last restart', async () => {
    const log = memoryLog()
    await leave(log, 100, [start, text('void'), JSON.stringify(retry), text('a'), text('b')])
    const [one, two] = [createResumable({ log }), createResumable({ log })]
    const [first, second] = await Promise.all([readRest(one, 's'), readRest(two, 's', 2)])
    expect(first.slice(2)).toEqual(second)
    expect(first.at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'interrupted', retryable: true },
      partial: { role: 'assistant', content: [{ type: 'text', text: 'ab' }] },
      attempts: 2,
    })
    expect(await readRest(one, 's')).toEqual(first)
    expect((await follow(two, 's', 6)).over).toBe(true)
  })

  test('a producer that dies in a turn leaves the whole steps, and does not claim that no tool ran', async () => {
    const log = memoryLog()
    const call = { type: 'content', kind: 'tool-call', name: 'f', input: '{}' }
    const result = { type: 'content', kind: 'tool-result', index: 1, id: 'a', name: 'f', output: 1 }
    const cut = { ...(retry as object), from: 2, step: 2 }
    const events = [
      { ...call, index: 0, id: 'a' },
      result,
      { type: 'content', kind: 'text', index: 2, text: 'void' },
      cut,
      { ...call, index: 2, id: 'b' },
      { ...result, index: 3, id: 'b', output: 'early', preliminary: true },
      { ...call, index: 4, id: 'c' },
    ]
    await leave(log, 100, [start, ...events.map((event) => JSON.stringify(event))])
    const [last] = (await readRest(createResumable({ log }), 's')).slice(-1)
    expect(last).toMatchObject({
      partial: {
        content: [
          { type: 'tool-call', id: 'a', input: {} },
          { type: 'tool-result', id: 'a', output: 1 },
          { type: 'tool-call', id: 'b', input: {} },
          { type: 'tool-call', id: 'c', error: expect.stringContaining('its result was lost') },
        ],
      },
    })
    const { content } = (last as unknown as { partial: { content: object[] } }).partial
    expect(content[2]).not.toHaveProperty('error')
  })

  test('a producer that dies before its first event leaves a stream with start and error', async () => {
    const log = memoryLog()
    await leave(log, 100, [])
    expect(outline(await readRest(createResumable({ log }), 's'))).toEqual([
      'start',
      'error interrupted',
    ])
    expect((await log.read('s', 0))?.last).toBe(2)
  })

  test('a producer that died long ago is interrupted at once', async () => {
    const log = memoryLog()
    await leave(log, 1, [start, text('a')])
    await until(async () => (await log.read('s', 0))?.leaseLeftMs === 0, 'the lease has run out')
    const events = await readRest(createResumable({ log, leaseMs: 3_600_000 }), 's', 1)
    expect(outline(events)).toEqual(['text a', 'error interrupted'])
  })
})

describe('a producer that was paused for longer than its lease', () => {
  test('a producer without its lease appends nothing more, ends with conflict, and closes its connection', async () => {
    const meddler = new Meddler(memoryLog())
    const gate = Promise.withResolvers<void>()
    const resumable = createResumable({ log: meddler.log, leaseMs: 600 })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    speaker.say('a')
    await until(() => meddler.count('append') === 2, 'the text is kept')
    meddler.before = (method) =>
      method === 'append' || method === 'renew' ? gate.promise : undefined
    speaker.say('b')
    const events = await readRest(resumable, 's')
    expect(outline(events)).toEqual(['start', 'text a', 'error interrupted'])
    gate.resolve()
    expect(await ended).toMatchObject({ type: 'error', error: { code: 'conflict' } })
    await speaker.aborted
    expect(await readRest(resumable, 's')).toEqual(events)
  })

  test('a producer without its lease ends at its next renewal, even without new events', async () => {
    const meddler = new Meddler(memoryLog())
    const gate = Promise.withResolvers<void>()
    meddler.before = (method) => (method === 'renew' ? gate.promise : undefined)
    const resumable = createResumable({ log: meddler.log, leaseMs: 100 })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    expect(outline(await readRest(resumable, 's'))).toEqual(['start', 'error interrupted'])
    gate.resolve()
    expect(await ended).toMatchObject({ type: 'error', error: { code: 'conflict' } })
    await speaker.aborted
  })
})

test('a running producer keeps its lease, with or without new events', async () => {
  vi.useFakeTimers()
  try {
    const resumable = createResumable({ log: memoryLog() })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    const events = readRest(resumable, 's')
    await vi.advanceTimersByTimeAsync(3_600_000)
    speaker.say('a')
    speaker.end()
    expect(outline(await events)).toEqual(['start', 'text a', 'complete a'])
    expect(await ended).toMatchObject({ type: 'complete' })
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

describe('a log that is unavailable', () => {
  test('a short outage of the log loses and duplicates nothing, even if only the response was lost', async () => {
    const meddler = new Meddler(memoryLog())
    const resumable = createResumable({ log: meddler.log, leaseMs: 10_000 })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    const events = readRest(resumable, 's')
    await until(() => meddler.count('append') === 1, 'the start is kept')
    let failures = 0
    const fail = (): void => {
      if (failures++ < 3) throw new Error('Connection lost.')
    }
    meddler.before = fail
    speaker.say('a', 'b')
    await until(() => failures > 3, 'it failed before the call')
    failures = 0
    meddler.before = () => {}
    meddler.after = fail
    speaker.say('c')
    speaker.end()
    expect(await ended).toMatchObject({ type: 'complete', text: 'abc' })
    const all = ['start', 'text a', 'text b', 'text c', 'complete abc']
    expect(outline(await events)).toEqual(all)
    meddler.after = () => {}
    expect(outline(await readRest(resumable, 's'))).toEqual(all)
  })

  test('an outage that is longer than the lease ends the producer with an error and closes its connection', async () => {
    const meddler = new Meddler(memoryLog())
    const resumable = createResumable({ log: meddler.log, leaseMs: 400 })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    await until(() => meddler.count('append') === 1, 'the start is kept')
    meddler.before = () => {
      throw new Error('Connection refused.')
    }
    speaker.say('a')
    const terminal = await ended
    expect(terminal).toMatchObject({ type: 'error', error: { code: 'store' } })
    expect(terminal.type === 'error' && terminal.error.message).toContain('Connection refused.')
    await speaker.aborted
  })

  test('a log that never answers ends the producer', async () => {
    const meddler = new Meddler(memoryLog())
    const resumable = createResumable({ log: meddler.log, leaseMs: 400 })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    await until(() => meddler.count('append') === 1, 'the start is kept')
    meddler.before = () => new Promise(() => {})
    speaker.say('a')
    expect(await ended).toMatchObject({ type: 'error', error: { code: 'store' } })
    await speaker.aborted
  })

  test('followers receive a store error after a long outage of the log', async () => {
    const meddler = new Meddler(memoryLog())
    await leave(meddler.log, 60_000, [start, text('a')])
    const resumable = createResumable({ log: meddler.log, leaseMs: 100 })
    const stream = await follow(resumable, 's')
    meddler.before = () => {
      throw new Error('Connection refused.')
    }
    const events = await collect(stream)
    expect(outline(events)).toEqual(['start', 'text a', 'error store'])
    const partial = { content: [{ type: 'text', text: 'a' }] }
    expect(events.at(-1)).toMatchObject({ partial })
    await expect(resumable.follow('s')).rejects.toMatchObject({ code: 'store' })
    await expect(resumable.stop('s')).rejects.toMatchObject({ code: 'store' })
    const { stream: second, asked } = new Speaker()
    await expect(resumable.publish('t', second)).rejects.toMatchObject({ code: 'store' })
    await expect(second.text()).rejects.toMatchObject({ code: 'aborted' })
    expect(asked).toBe(0)
  })

  test('followers wait for the log during a short outage and miss nothing', async () => {
    const meddler = new Meddler(memoryLog())
    const resumable = createResumable({ log: meddler.log, leaseMs: 10_000 })
    const speaker = new Speaker()
    await resumable.publish('s', speaker.stream)
    await until(() => meddler.count('append') === 1, 'the start is kept')
    const stream = await follow(resumable, 's')
    let failures = 0
    meddler.before = (method) => {
      if ((method === 'read' || method === 'subscribe') && failures++ < 2) {
        throw new Error('Connection lost.')
      }
    }
    const events = collect(stream)
    speaker.say('a')
    speaker.end()
    expect(outline(await events)).toEqual(['start', 'text a', 'complete a'])
    expect(failures).toBeGreaterThan(2)
  })

  test('followers receive an error when the log has lost the stream after an outage', async () => {
    const log = memoryLog()
    let current = log
    const meddler = new Meddler(log)
    meddler.log.read = (id, after) => current.read(id, after)
    const resumable = createResumable({ log: meddler.log, leaseMs: 100 })
    await leave(log, 100, [start, text('a')])
    const stream = await follow(resumable, 's')
    current = memoryLog()
    const events = await collect(stream)
    expect(outline(events)).toEqual(['start', 'text a', 'error store'])
    const last = events.at(-1)
    expect(last?.type === 'error' && last.error.message).toContain('no longer has the stream "s"')
  })
})

test('followers receive an error when the log has lost a part of a stream', async () => {
  const log = memoryLog()
  await leave(log, 60_000, [start, text('a')])
  const resumable = createResumable({ log })
  const stream = await follow(resumable, 's')
  const { read } = log
  log.read = async (id, after) => {
    const page = await read.call(log, id, after)
    return page && { ...page, events: [], last: 3 }
  }
  expect(outline(await collect(stream))).toEqual(['start', 'text a', 'error store'])
  await expect(resumable.follow('s')).rejects.toMatchObject({ code: 'store' })
})

test('a follower reads events that its listener missed from the log', async () => {
  const log = memoryLog()
  const { subscribe } = log
  let heard = 0
  log.subscribe = (id, listener) =>
    subscribe.call(log, id, {
      ...listener,
      appended: (batch) => {
        // Every second notification but the last is lost, and half of the others arrive twice.
        if (++heard % 2 === 0 && !batch.ended) return
        listener.appended(batch)
        if (heard % 4 === 1) listener.appended(batch)
      },
      missed: () => listener.missed(),
    })
  const resumable = createResumable({ log })
  const speaker = new Speaker()
  await resumable.publish('s', speaker.stream)
  const events = readRest(resumable, 's')
  const texts = [...'abcdefghijklmnopqrstuvwxyz']
  for (const each of texts) {
    speaker.say(each)
    await new Promise((resolve) => setImmediate(resolve))
  }
  speaker.end()
  expect(outline(await events)).toEqual([
    'start',
    ...texts.map((each) => `text ${each}`),
    `complete ${texts.join('')}`,
  ])
})

test('an event of an unknown version is an error, not a gap', async () => {
  const log = memoryLog()
  await leave(log, 60_000, [start, JSON.stringify({ type: 'novelty' }), text('a')])
  expect(outline(await readRest(createResumable({ log }), 's'))).toEqual([
    'start',
    'error protocol',
  ])
})

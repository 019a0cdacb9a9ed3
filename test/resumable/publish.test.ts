import { describe, expect, test } from 'vitest'
import {
  type ConversationStore,
  createConversation,
  memoryStore,
} from '../../src/entries/conversation.js'
import { createStream, type StreamError, type StreamEvent } from '../../src/entries/index.js'
import { createResumable, memoryLog, type ResumableOptions } from '../../src/entries/resumable.js'
import { scripted } from '../../src/entries/testing.js'
import { outline } from '../support/collect.js'
import { Meddler, readRest, Speaker, until } from './support.js'

test('publish() rejects a second stream with the same id, without a request to its provider', async () => {
  const log = memoryLog()
  const resumable = createResumable({ log })
  await resumable.publish('s', new Speaker().stream)
  for (const other of [resumable, createResumable({ log })]) {
    const second = new Speaker()
    const refused = other.publish('s', second.stream)
    await expect(refused).rejects.toMatchObject({ code: 'conflict' })
    await expect(refused).rejects.toThrow('A stream "s" already exists')
    await expect(second.stream.text()).rejects.toMatchObject({ code: 'aborted' })
    expect(second.asked).toBe(0)
  }
})

test('publish() rejects the id of a stream that has ended', async () => {
  const resumable = createResumable({ log: memoryLog() })
  const publish = () =>
    resumable.publish('s', createStream({ driver: scripted(['a']), prompt: 'p' }))
  await (await publish()).ended
  await expect(publish()).rejects.toMatchObject({ code: 'conflict' })
})

test('publish() of a turn resolves once its question is stored', async () => {
  const store = memoryStore()
  const gate = Promise.withResolvers<void>()
  const write: ConversationStore['write'] = async (...change) => {
    await gate.promise
    return store.write(...change)
  }
  const slow: ConversationStore = {
    load: (id) => store.load(id),
    write,
    clear: (id) => store.clear(id),
    lock: (id, options) => store.lock(id, options),
  }
  const conversation = createConversation({ id: 'c', store: slow, driver: scripted(['a']) })
  let isPublished = false
  const resumable = createResumable({ log: memoryLog() })
  const published = resumable.publish('s', conversation.send('Hello?')).finally(() => {
    isPublished = true
  })
  // The stream has begun, and its turn waits for the store.
  await until(async () => (await resumable.follow('s')) !== null, 'the id is taken')
  await new Promise((resolve) => setImmediate(resolve))
  expect(isPublished).toBe(false)
  gate.resolve()
  await published
  expect(await conversation.messages()).toMatchObject([{ role: 'user', content: 'Hello?' }])
})

test('publish() of a turn that fails before its question is stored resolves with its end', async () => {
  const store = memoryStore()
  const broken: ConversationStore = {
    load: () => Promise.reject(new Error('The store is gone.')),
    write: (...change) => store.write(...change),
    clear: (id) => store.clear(id),
    lock: (id, options) => store.lock(id, options),
  }
  const conversation = createConversation({ id: 'c', store: broken, driver: scripted(['a']) })
  const published = await createResumable({ log: memoryLog() }).publish('s', conversation.send('a'))
  expect(await published.ended).toMatchObject({ type: 'error', error: { code: 'store' } })
})

test('publish() rejects if the process hands its streams over before the question is stored', async () => {
  const store = memoryStore()
  const lock = await store.lock('c', { ttlMs: 10_000 })
  const conversation = createConversation({ id: 'c', store, driver: scripted(['a']) })
  const resumable = createResumable({ log: memoryLog() })
  const published = resumable.publish('s', conversation.send('Hello?'))
  const outcome = published.catch(({ code }: StreamError) => code)
  await until(async () => (await resumable.follow('s')) !== null, 'the id is taken')
  await resumable.handOver()
  expect(await outcome).toBe('interrupted')
  expect(await conversation.messages()).toEqual([])
  await lock.release()
})

describe('stop()', () => {
  test('stop() ends the stream with its partial answer, from any process, and closes the connection', async () => {
    const log = memoryLog()
    const resumable = createResumable({ log })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    speaker.say('a')
    const events = readRest(resumable, 's')
    await until(() => speaker.taken === 1, 'the first piece is taken')
    expect(await createResumable({ log }).stop('s')).toBe(true)
    await speaker.aborted
    expect(outline(await events)).toEqual(['start', 'text a', 'error aborted'])
    const partial = { role: 'assistant', content: [{ type: 'text', text: 'a' }] }
    expect(await ended).toMatchObject({ type: 'error', error: { code: 'aborted' }, partial })
    expect((await readRest(resumable, 's')).at(-1)).toMatchObject({ partial })
  })

  test('stop() returns false for an unknown id, and for a stream that has ended', async () => {
    const resumable = createResumable({ log: memoryLog() })
    expect(await resumable.stop('s')).toBe(false)
    const stream = createStream({ driver: scripted(['a']), prompt: 'p' })
    await (await resumable.publish('s', stream)).ended
    expect(await resumable.stop('s')).toBe(false)
  })

  test('a producer that missed the notification of a stop ends at its next renewal', async () => {
    const meddler = new Meddler(memoryLog())
    meddler.before = (method) => {
      if (method === 'onStop') throw new Error('No.')
    }
    const resumable = createResumable({ log: meddler.log, leaseMs: 900 })
    const { ended } = await resumable.publish('s', new Speaker().stream)
    expect(await resumable.stop('s')).toBe(true)
    expect(await ended).toMatchObject({ type: 'error', error: { code: 'aborted' } })
  })

  test('stop() ends an async iterable that ignores cancellation', async () => {
    async function* stuck(): AsyncGenerator<StreamEvent> {
      yield { type: 'start', id: 'x', provider: 'p', model: 'm' }
      yield { type: 'content', kind: 'text', index: 0, text: 'a' }
      await new Promise(() => {})
    }
    const resumable = createResumable({ log: memoryLog() })
    const { ended } = await resumable.publish('s', stuck())
    await until(async () => (await resumable.follow('s', 2)) !== null, 'the text is there').catch(
      () => {},
    )
    expect(await resumable.stop('s')).toBe(true)
    const partial = { content: [{ type: 'text', text: 'a' }] }
    expect(await ended).toMatchObject({ type: 'error', error: { code: 'aborted' }, partial })
    expect(outline(await readRest(resumable, 's'))).toEqual(['start', 'text a', 'error aborted'])
  })

  test('stop() ends a stream that is paused by a slow log', async () => {
    const meddler = new Meddler(memoryLog())
    const gate = Promise.withResolvers<void>()
    const resumable = createResumable({ log: meddler.log })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    await until(() => meddler.count('append') === 1, 'the start is kept')
    meddler.before = (method) => (method === 'append' ? gate.promise : undefined)
    const long = 'x'.repeat(200_000)
    speaker.say(long, long, long, long)
    await until(() => speaker.taken >= 3, 'as much is taken as fits')
    expect(await resumable.stop('s')).toBe(true)
    await speaker.aborted
    gate.resolve()
    expect(await ended).toMatchObject({ type: 'error', error: { code: 'aborted' } })
    expect(outline(await readRest(resumable, 's')).at(-1)).toBe('error aborted')
  })
})

describe('appends to the log', () => {
  test('events that arrive during an append are combined in the next one', async () => {
    const meddler = new Meddler(memoryLog())
    const resumable = createResumable({ log: meddler.log })
    const gate = Promise.withResolvers<void>()
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    await until(() => meddler.count('append') === 1, 'the start is kept')
    meddler.before = (method) => (method === 'append' ? gate.promise : undefined)
    for (let index = 0; index < 100; index++) speaker.say(`${index}`)
    speaker.end()
    await until(() => speaker.taken === 100, 'everything is taken')
    gate.resolve()
    await ended
    expect(meddler.count('append')).toBe(3)
    expect(await readRest(resumable, 's')).toHaveLength(102)
  })

  test('a slow log pauses the provider', async () => {
    const meddler = new Meddler(memoryLog())
    const gate = Promise.withResolvers<void>()
    meddler.before = (method) => (method === 'append' ? gate.promise : undefined)
    const resumable = createResumable({ log: meddler.log })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    const kilobyte = 'x'.repeat(1_000)
    for (let index = 0; index < 2_000; index++) speaker.say(kilobyte)
    speaker.end()
    await until(() => speaker.taken >= 200, 'some are taken')
    for (let turn = 0; turn < 1_000; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(speaker.taken).toBeLessThan(300)
    gate.resolve()
    expect(await ended).toMatchObject({ type: 'complete' })
    expect(speaker.taken).toBe(2_000)
  })

  test.each([
    [{ maxEvents: 3 }, ['start', 'text aaaa', 'text bbbb', 'error store'], /"maxEvents".*\(3\)/],
    [{ maxCharacters: 200 }, ['start', 'text aaaa', 'error store'], /"maxCharacters".*\(200\)/],
  ])(
    'a stream that exceeds %j ends with an error that names the option',
    async (bound, outlined, message) => {
      const resumable = createResumable({ log: memoryLog(), ...bound })
      const speaker = new Speaker()
      const { ended } = await resumable.publish('s', speaker.stream)
      speaker.say('aaaa', 'bbbb', 'cccc', 'dddd')
      speaker.end()
      const terminal = await ended
      expect(terminal).toMatchObject({ type: 'error', error: { code: 'store' } })
      expect(terminal.type === 'error' && terminal.error.message).toMatch(message)
      await speaker.aborted
      expect(outline(await readRest(resumable, 's'))).toEqual(outlined)
    },
  )

  test('the terminal event may exceed the limit', async () => {
    const stream = createStream({ driver: scripted(['aaaa']), prompt: 'p' })
    const resumable = createResumable({ log: memoryLog(), maxEvents: 2, maxCharacters: 250 })
    const { ended } = await resumable.publish('s', stream)
    expect(await ended).toMatchObject({ type: 'complete' })
    expect(outline(await readRest(resumable, 's'))).toEqual(['start', 'text aaaa', 'complete aaaa'])
  })
})

describe('streams that were not made by createStream()', () => {
  const start: StreamEvent = { type: 'start', id: 'x', provider: 'p', model: 'm' }
  const text: StreamEvent = { type: 'content', kind: 'text', index: 0, text: 'a' }

  test('an async iterable that ends without a terminal event is interrupted', async () => {
    const resumable = createResumable({ log: memoryLog() })
    const { ended } = await resumable.publish('s', generate([start, text]))
    const partial = { content: [{ type: 'text', text: 'a' }] }
    expect(await ended).toMatchObject({ error: { code: 'interrupted' }, partial })
    expect(outline(await readRest(resumable, 's'))).toEqual([
      'start',
      'text a',
      'error interrupted',
    ])
  })

  test('an async iterable that throws ends with its error', async () => {
    const resumable = createResumable({ log: memoryLog() })
    const { ended } = await resumable.publish('s', generate([start, text], new Error('mine')))
    expect(await ended).toMatchObject({ error: { code: 'unknown', message: 'mine' } })
    const events = await readRest(resumable, 's')
    expect(outline(events)).toEqual(['start', 'text a', 'error unknown'])
    expect(JSON.stringify(events)).not.toContain('mine')
  })

  test('an event that JSON cannot hold ends the stream with an error', async () => {
    const source: StreamEvent = { type: 'content', kind: 'source', index: 1, raw: 5n }
    const resumable = createResumable({ log: memoryLog() })
    const { ended } = await resumable.publish('s', generate([start, text, source]))
    const terminal = await ended
    expect(terminal).toMatchObject({ error: { code: 'protocol' } })
    expect(terminal.type === 'error' && terminal.error.message).toContain('content event')
    expect(outline(await readRest(resumable, 's'))).toEqual(['start', 'text a', 'error protocol'])
  })

  async function* generate(events: readonly StreamEvent[], error?: Error) {
    yield* events
    if (error !== undefined) throw error
  }
})

describe('invalid arguments', () => {
  const log = memoryLog()
  test.each([
    [undefined, ['"options"', 'undefined']],
    [{}, ['"log"', 'memoryLog()']],
    [{ log, leaseMs: 50 }, ['"leaseMs"', '50', 'from 100']],
    [{ log, leaseMs: Infinity }, ['"leaseMs"', 'Infinity']],
    [{ log, leaseMs: 100.5 }, ['"leaseMs"', '100.5']],
    [{ log, maxEvents: -1 }, ['"maxEvents"', '-1']],
    [{ log, maxCharacters: 'many' }, ['"maxCharacters"', '"many"']],
    [{ log, ttl: 5 }, ['"ttl"', 'leaseMs']],
  ])('createResumable(%j) throws a TypeError', (options, words) => {
    const create = () => createResumable(options as ResumableOptions)
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })

  test('publish() throws a TypeError for an invalid argument', () => {
    const resumable = createResumable({ log })
    const { stream } = new Speaker()
    expect(() => resumable.publish('', stream)).toThrow(/"id" is ""/)
    expect(() => resumable.publish('s', 'text' as never)).toThrow(/"stream" is "text"/)
    void stream.text()
  })
})

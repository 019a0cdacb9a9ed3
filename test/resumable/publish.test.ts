import { describe, expect, test } from 'vitest'
import { createStream, type StreamEvent } from '../../src/entries/index.js'
import { createResumable, memoryLog, type ResumableOptions } from '../../src/entries/resumable.js'
import { scripted } from '../../src/entries/testing.js'
import { outline } from '../support/collect.js'
import { Meddler, readRest, Speaker, until } from './support.js'

test('a second stream under an id is refused, and its provider is never asked', async () => {
  const log = memoryLog()
  const resumable = createResumable({ log })
  await resumable.publish('s', new Speaker().stream)
  for (const other of [resumable, createResumable({ log })]) {
    const second = new Speaker()
    const refused = other.publish('s', second.stream)
    await expect(refused).rejects.toMatchObject({ code: 'conflict' })
    await expect(refused).rejects.toThrow('There is a stream "s" already')
    await expect(second.stream.text()).rejects.toMatchObject({ code: 'aborted' })
    expect(second.asked).toBe(0)
  }
})

test('an id cannot be published again after its end', async () => {
  const resumable = createResumable({ log: memoryLog() })
  const publish = () =>
    resumable.publish('s', createStream({ driver: scripted(['a']), prompt: 'p' }))
  await (await publish()).ended
  await expect(publish()).rejects.toMatchObject({ code: 'conflict' })
})

describe('stop', () => {
  test('ends the stream with what had come, from any process, and the provider is left', async () => {
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

  test('is false for an unknown id, and for a stream that has ended', async () => {
    const resumable = createResumable({ log: memoryLog() })
    expect(await resumable.stop('s')).toBe(false)
    const stream = createStream({ driver: scripted(['a']), prompt: 'p' })
    await (await resumable.publish('s', stream)).ended
    expect(await resumable.stop('s')).toBe(false)
  })

  test('is heard with the next sign of life, if the producer could not listen', async () => {
    const meddler = new Meddler(memoryLog())
    meddler.before = (method) => {
      if (method === 'onStop') throw new Error('No.')
    }
    const resumable = createResumable({ log: meddler.log, leaseMs: 900 })
    const { ended } = await resumable.publish('s', new Speaker().stream)
    expect(await resumable.stop('s')).toBe(true)
    expect(await ended).toMatchObject({ type: 'error', error: { code: 'aborted' } })
  })

  test('ends a stream of unknown make that does not react', async () => {
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

  test('ends a stream that is held back because the log is slow', async () => {
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

describe('the log', () => {
  test('gets all that came while an append was on its way as the next append', async () => {
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

  test('holds the provider back when it is slow', async () => {
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
    'is kept within %j: a longer stream ends with an error that says so',
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

  test('takes an end that is longer than the bound', async () => {
    const stream = createStream({ driver: scripted(['aaaa']), prompt: 'p' })
    const resumable = createResumable({ log: memoryLog(), maxEvents: 2, maxCharacters: 250 })
    const { ended } = await resumable.publish('s', stream)
    expect(await ended).toMatchObject({ type: 'complete' })
    expect(outline(await readRest(resumable, 's'))).toEqual(['start', 'text aaaa', 'complete aaaa'])
  })
})

describe('a stream of unknown make', () => {
  const start: StreamEvent = { type: 'start', id: 'x', provider: 'p', model: 'm' }
  const text: StreamEvent = { type: 'content', kind: 'text', index: 0, text: 'a' }

  test('that ends without an end is interrupted', async () => {
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

  test('that throws ends with what it threw', async () => {
    const resumable = createResumable({ log: memoryLog() })
    const { ended } = await resumable.publish('s', generate([start, text], new Error('mine')))
    expect(await ended).toMatchObject({ error: { code: 'unknown', message: 'mine' } })
    const events = await readRest(resumable, 's')
    expect(outline(events)).toEqual(['start', 'text a', 'error unknown'])
    expect(JSON.stringify(events)).not.toContain('mine')
  })

  test('that holds what is no JSON ends with an error that says so', async () => {
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

describe('a bad argument throws a TypeError that names it', () => {
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
  ])('createResumable(%j)', (options, words) => {
    const create = () => createResumable(options as ResumableOptions)
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })

  test('publish', () => {
    const resumable = createResumable({ log })
    const { stream } = new Speaker()
    expect(() => resumable.publish('', stream)).toThrow(/"id" is ""/)
    expect(() => resumable.publish('s', 'text' as never)).toThrow(/"stream" is "text"/)
    void stream.text()
  })
})

import { describe, expect, test, vi } from 'vitest'
import { createConversation, memoryStore } from '../../../src/entries/conversation.js'
import { createStream, type EventStream, StreamError } from '../../../src/entries/index.js'
import {
  createResumable,
  memoryLog,
  type ResumableOptions,
  type StreamLog,
} from '../../../src/entries/resumable.js'
import { type Script, scripted } from '../../../src/entries/testing.js'
import { readRest } from '../support.js'

const gone = { fence: 'gone', leaseMs: 1_000 }
const started = '{"type":"start","id":"a","provider":"p","model":"m"}'

/** A log with streams whose producer is gone. */
async function left(...ids: readonly string[]): Promise<StreamLog> {
  const log = memoryLog()
  for (const id of ids) {
    await log.create(id, gone)
    await log.append(id, gone, { first: 1, events: [started], ended: false })
    await log.release(id, gone)
  }
  return log
}

const answer = (): EventStream => createStream({ driver: scripted(['Whole.']), prompt: 'p' })
const last = (events: readonly object[]) => events.at(-1)

describe('sweep()', () => {
  test('continues streams that nobody follows', async () => {
    const log = await left('a', 'b')
    const revive = vi.fn(answer)
    const resumable = createResumable({ log, revive })
    expect(await resumable.sweep()).toBe(2)
    expect(await resumable.sweep()).toBe(0)
    for (const id of ['a', 'b']) {
      expect(last(await readRest(resumable, id))).toMatchObject({
        type: 'complete',
        text: 'Whole.',
      })
    }
    expect(revive).toHaveBeenCalledTimes(2)
  })

  test('leaves streams alone that have a producer or have ended', async () => {
    const log = await left()
    await log.create('held', gone)
    const resumable = createResumable({ log, revive: answer })
    await (await resumable.publish('whole', answer())).ended
    expect(await resumable.sweep()).toBe(0)
  })

  test.each([
    ['without revive', {}],
    ['after maxRevivals', { revive: answer, maxRevivals: 0 }],
    ['if revive returns null', { revive: () => null }],
  ] as [string, Partial<ResumableOptions>][])(
    'ends them with interrupted %s',
    async (_, options) => {
      const resumable = createResumable({ log: await left('a'), ...options })
      expect(await resumable.sweep()).toBe(1)
      expect(last(await readRest(resumable, 'a'))).toMatchObject({
        type: 'error',
        error: { code: 'interrupted' },
      })
    },
  )

  test('takes each stream over in one of several processes', async () => {
    const log = await left('a', 'b', 'c', 'd')
    const processes = [1, 2, 3].map(() => createResumable({ log, revive: answer }))
    const counts = await Promise.all(processes.map((resumable) => resumable.sweep()))
    expect(counts.reduce((sum, count) => sum + count)).toBe(4)
  })

  test('continues the turn of a conversation', async () => {
    const log = memoryLog()
    const store = memoryStore()
    const conversation = (...script: Script) =>
      createConversation({ id: 'c', store, driver: scripted(script) })
    const first = createResumable({ log, revive: () => null })
    await first.publish('s', conversation('Half', { waitMs: 60_000 }).send('Hi'))
    for await (const event of (await first.follow('s')) ?? []) if (event.type === 'content') break
    await first.handOver()
    const second = createResumable({ log, revive: (_, seen) => conversation('Half.').resume(seen) })
    expect(await second.sweep()).toBe(1)
    expect(last(await readRest(second, 's'))).toMatchObject({ type: 'complete', text: 'Half.' })
  })

  test('takes over nothing in a process that hands its streams over', async () => {
    const resumable = createResumable({ log: await left('a'), revive: answer })
    await resumable.handOver()
    expect(await resumable.sweep()).toBe(0)
  })

  test('needs a log that can list abandoned streams', async () => {
    const { abandoned: _, ...log } = { ...memoryLog() }
    const methods = Object.getPrototypeOf(memoryLog()) as StreamLog
    const partial = { ...log, append: methods.append } as StreamLog
    const error = await createResumable({ log: partial }).sweep().catch(StreamError.from)
    expect(error).toMatchObject({ code: 'setup', message: expect.stringContaining('abandoned()') })
  })

  test('reports a failure of the log', async () => {
    const log = await left('a')
    vi.spyOn(log, 'abandoned').mockRejectedValue(new Error('away'))
    await expect(createResumable({ log }).sweep()).rejects.toMatchObject({ code: 'store' })
  })
})

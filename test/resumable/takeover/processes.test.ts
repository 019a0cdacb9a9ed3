import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type EventStream, type StreamEvent, tool } from 'sluice'
import { Accumulator } from 'sluice/client'
import { createConversation } from 'sluice/conversation'
import { createResumable, type ResumableOptions } from 'sluice/resumable'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LineProcess } from '../../support/line-process.js'
import { playing, saying } from '../../support/turns.js'

let folder = ''
let database: DatabaseSync
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'takeover-'))
  database = new DatabaseSync(join(folder, 'chat.db'))
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A process that produces half an answer, and another one (this) that can continue it. */
async function start(options: Partial<ResumableOptions> = {}, onError?: string) {
  const id = 'answer'
  const child = new LineProcess('producer-child.ts', { file: join(folder, 'chat.db'), id, onError })
  await child.line('half')
  const run = vi.fn(() => 'paid again')
  const pay = tool({ parameters: { type: 'object' }, once: true, run })
  const { driver, requests } = playing(saying(' an answer.'))
  const settings = { id: 'c', store: sqliteStore(database), driver, tools: { pay } }
  const conversation = createConversation(settings)
  const log = sqliteLog(database)
  const resumable = createResumable({
    log,
    leaseMs: 500,
    revive: () => conversation.resume(),
    ...options,
  })
  return { id, child, run, requests, conversation, resumable }
}

type Started = Awaited<ReturnType<typeof start>>

/** Reads all events of one follower, with the ids that they have. */
async function read({ resumable, id }: Started, after = 0): Promise<StreamEvent[]> {
  const stream = await resumable.follow(id, after)
  const events: StreamEvent[] = []
  for await (const event of stream ?? []) events.push(event)
  return events
}

const endOf = (events: readonly StreamEvent[]) => {
  const [first, ...rest] = events
  const folded = new Accumulator()
  for (const event of events) folded.add(event)
  const retries = rest.filter(({ type }) => type === 'retry')
  return { first, retries, last: events.at(-1), message: folded.message(false) }
}

describe('a stream whose producer is gone', () => {
  test.each(['killed', 'ended by handOver()'])(
    '%s, is continued where it is followed',
    async (how) => {
      const started = await start()
      const { child, run, requests, conversation } = started
      const live = read(started)
      const since = performance.now()
      if (how === 'killed') await child.kill()
      else {
        child.tell('hand over')
        await child.line('handed over')
      }
      const events = await live
      const tookMs = performance.now() - since
      const { first, retries, last, message } = endOf(events)
      expect(first).toMatchObject({ type: 'start', provider: 'first' })
      expect(retries).toMatchObject([{ mode: 'restart', error: { code: 'interrupted' } }])
      expect(last).toMatchObject({ type: 'complete', text: ' an answer.', messageCount: 2 })
      // What a reader has folded is what the last event says, with the tool's first result.
      expect(last).toMatchObject({ message: { content: message.content } })
      expect(JSON.stringify(message)).toContain('"paid"')
      expect(run).not.toHaveBeenCalled()
      expect(requests).toHaveLength(1)
      // A lease that was released need not run out.
      if (how !== 'killed') expect(tookMs).toBeLessThan(1_500)
      // Whoever comes late, or comes back, reads the same events under the same ids.
      expect(await read(started)).toEqual(events)
      expect(await read(started, 3)).toEqual(events.slice(3))
      expect(await conversation.messages()).toHaveLength(2)
    },
    30_000,
  )

  test('is continued by one of several processes', async () => {
    const started = await start()
    const others = [1, 2, 3].map(() =>
      createResumable({
        log: sqliteLog(new DatabaseSync(join(folder, 'chat.db'))),
        leaseMs: 500,
        revive: (): EventStream => started.conversation.resume(),
      }),
    )
    const live = [started, ...others.map((resumable) => ({ ...started, resumable }))].map((each) =>
      read(each),
    )
    await started.child.kill()
    const [first, ...rest] = await Promise.all(live)
    for (const events of rest) expect(events).toEqual(first)
    expect(started.requests).toHaveLength(1)
    expect(endOf(first ?? []).retries).toHaveLength(1)
  }, 30_000)

  test.each([
    ['without revive', {}],
    ['if revive returns null', { revive: (): null => null }],
    [
      'if revive throws',
      {
        revive: (): never => {
          throw new Error('No such conversation.')
        },
      },
    ],
    ['after maxRevivals', { maxRevivals: 0 }],
  ] as const)(
    'ends with interrupted %s',
    async (name, options) => {
      const started = await start(
        name === 'without revive' ? { revive: undefined as never } : options,
      )
      const live = read(started)
      await started.child.kill()
      expect((await live).at(-1)).toMatchObject({ type: 'error', error: { code: 'interrupted' } })
    },
    30_000,
  )
})

describe('a turn whose process is gone, continued with what readers have received', () => {
  /** The other process continues where the readers are. */
  async function startAt(onError?: string) {
    let given: Started | undefined
    const revive: ResumableOptions['revive'] = (_id, left) =>
      (given as Started).conversation.resume(left)
    given = await start({ revive }, onError)
    return given
  }

  test.each(['killed', 'ended by handOver()', 'ended by handOver() with onError "forget"'])(
    '%s, goes on at the character',
    async (how) => {
      const started = await startAt(how.includes('forget') ? 'forget' : undefined)
      const { child, run, requests, conversation } = started
      const live = read(started)
      const since = performance.now()
      if (how === 'killed') await child.kill()
      else {
        child.tell('hand over')
        await child.line('handed over')
      }
      const events = await live
      const tookMs = performance.now() - since
      const { retries, last, message } = endOf(events)
      expect(retries).toMatchObject([
        { mode: 'continue', step: 2, attempt: 2, error: { code: 'interrupted' } },
      ])
      expect(last).toMatchObject({ type: 'complete', text: 'Half of an answer.', messageCount: 2 })
      expect(last).toMatchObject({ message: { content: message.content } })
      const texts = events.flatMap((event) =>
        event.type === 'content' && event.kind === 'text' ? [event.text] : [],
      )
      expect(texts).toEqual(['Half of', ' an answer.'])
      expect(last).toMatchObject({
        steps: [{ calls: [{ output: 'paid' }] }, { text: 'Half of an answer.' }],
      })
      expect(run).not.toHaveBeenCalled()
      expect(requests).toHaveLength(1)
      expect(requests[0]?.messages?.slice(-2)).toMatchObject([
        { role: 'assistant', content: 'Half of' },
        { role: 'user' },
      ])
      if (how !== 'killed') expect(tookMs).toBeLessThan(1_500)
      expect(await read(started)).toEqual(events)
      expect(await read(started, 3)).toEqual(events.slice(3))
      expect(await conversation.messages()).toHaveLength(2)
    },
    30_000,
  )

  test('is continued by sweep() without a follower', async () => {
    const started = await startAt()
    await started.child.kill()
    await vi.waitFor(async () => expect(await started.resumable.sweep()).toBe(1), 20_000)
    expect((await read(started)).at(-1)).toMatchObject({ text: 'Half of an answer.' })
    expect(started.requests).toHaveLength(1)
  }, 30_000)

  test('is not disturbed by its first process, which was only paused', async () => {
    const started = await startAt()
    const { child, conversation } = started
    const live = read(started)
    child.process.kill('SIGSTOP')
    const events = await live
    expect(events.at(-1)).toMatchObject({ type: 'complete', text: 'Half of an answer.' })
    child.process.kill('SIGCONT')
    // It says what it wanted to say, and nobody takes it.
    child.tell('go on')
    expect(await child.line('ended')).toBe('ended error conflict')
    expect(await read(started)).toEqual(events)
    expect(await conversation.read()).toEqual({ title: 'Pay.', messages: expect.any(Array) })
    const [, answer] = await conversation.messages()
    expect(answer?.content).toEqual(endOf(events).message.content)
    await child.kill()
  }, 30_000)
})

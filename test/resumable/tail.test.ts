import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../src/entries/index.js'
import type { LogListener, LogPage, StreamLog } from '../../src/entries/resumable.js'
import { Tail } from '../../src/resumable/tail.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function linesFrom(first: number, count: number, text = ''): string[] {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({ type: 'content', index: 0, kind: 'text', text: `${first + index}${text}` }),
  )
}

function textsOf(events: readonly StreamEvent[] | undefined): string[] | undefined {
  return events?.map((event) => (event.type === 'content' && 'text' in event ? event.text : ''))
}

/** A log that answers when the test makes it. */
class Hands {
  listener: LogListener | undefined
  reads: { after: number; answer(page: Partial<LogPage>): void }[] = []
  unsubscribed = 0
  over = 0
  readonly tail: Tail

  constructor(last = 0) {
    const log: Partial<StreamLog> = {
      read: (_id, after) =>
        new Promise((resolve) => {
          const answer = (page: Partial<LogPage>): void =>
            resolve({ events: [], last: after, ended: false, leaseLeftMs: 1_000, ...page })
          this.reads.push({ after, answer })
        }),
      subscribe: (_id, listener) => {
        this.listener = listener
        return Promise.resolve(() => void this.unsubscribed++)
      },
    }
    this.tail = new Tail({
      log: log as StreamLog,
      id: 's',
      last,
      patienceMs: 1_000,
      onOver: () => void this.over++,
      revive: async () => 'none',
    })
    this.tail.join()
  }

  tell(first: number, count: number, ended = false): void {
    this.listener?.appended({ first, events: linesFrom(first, count), ended })
  }

  /** Answers the one read that waits. */
  async answer(page: Partial<LogPage>): Promise<void> {
    expect(this.reads).toHaveLength(1)
    this.reads.shift()?.answer(page)
    await vi.advanceTimersByTimeAsync(0)
  }
}

async function begin(last = 0): Promise<Hands> {
  const hands = new Hands(last)
  await vi.advanceTimersByTimeAsync(0)
  return hands
}

test('a tail reads the log after it has subscribed, one page at a time', async () => {
  const { reads, ...hands } = await begin(3)
  expect(reads.map(({ after }) => after)).toEqual([3])
  hands.listener?.missed()
  hands.listener?.missed()
  await vi.advanceTimersByTimeAsync(0)
  expect(reads).toHaveLength(1)
})

test('a tail reads until it has all events', async () => {
  const hands = await begin()
  await hands.answer({ events: linesFrom(1, 2), last: 5 })
  expect(hands.reads[0]?.after).toBe(2)
  await hands.answer({ events: linesFrom(3, 3), last: 5 })
  expect(hands.reads).toHaveLength(0)
  expect(textsOf(hands.tail.since(0))).toEqual(['1', '2', '3', '4', '5'])
})

test('a tail takes events once, even if it reads and receives them', async () => {
  const hands = await begin()
  hands.tell(1, 3)
  hands.tell(1, 2)
  hands.tell(2, 3)
  await hands.answer({ events: linesFrom(1, 5), last: 5 })
  hands.tell(4, 3)
  hands.tell(6, 1)
  expect(textsOf(hands.tail.since(0))).toEqual(['1', '2', '3', '4', '5', '6'])
  expect(textsOf(hands.tail.since(4))).toEqual(['5', '6'])
  expect(textsOf(hands.tail.since(5))).toEqual(['6'])
  expect(textsOf(hands.tail.since(6))).toEqual([])
})

test('a tail reads events that it was not notified of', async () => {
  const hands = await begin()
  await hands.answer({ events: linesFrom(1, 1), last: 1 })
  hands.tell(3, 1)
  expect(textsOf(hands.tail.since(0))).toEqual(['1'])
  expect(hands.reads[0]?.after).toBe(1)
  await hands.answer({ events: linesFrom(2, 2), last: 3 })
  expect(textsOf(hands.tail.since(0))).toEqual(['1', '2', '3'])
})

test('a tail wakes waiting followers once, and not those that have disconnected', async () => {
  const hands = await begin()
  const [stays, leaves] = [vi.fn(), vi.fn()]
  hands.tail.join()
  hands.tail.wait(stays)
  hands.tail.wait(leaves)
  hands.tail.leave(leaves)
  hands.tell(1, 1)
  hands.tell(2, 1)
  expect(stays).toHaveBeenCalledOnce()
  expect(leaves).not.toHaveBeenCalled()
})

test('a tail keeps a bounded number of events in memory', async () => {
  const hands = await begin()
  const long = 'x'.repeat(1_000)
  for (let first = 1; first <= 100; first++) {
    hands.listener?.appended({ first, events: linesFrom(first, 1, long), ended: false })
  }
  expect(hands.tail.since(0)).toBeUndefined()
  expect(hands.tail.since(80)).toBeUndefined()
  expect(hands.tail.since(90)).toHaveLength(10)
  hands.listener?.appended({
    first: 101,
    events: linesFrom(101, 1, 'x'.repeat(100_000)),
    ended: false,
  })
  expect(hands.tail.since(99)).toBeUndefined()
  expect(hands.tail.since(100)).toHaveLength(1)
})

test('a tail checks the lease when it must have expired, and not after the end', async () => {
  const hands = await begin()
  await hands.answer({ leaseLeftMs: 500 })
  await vi.advanceTimersByTimeAsync(499)
  expect(hands.reads).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(20)
  await hands.answer({ leaseLeftMs: 500 })
  hands.tell(1, 1, true)
  expect([hands.unsubscribed, hands.over]).toEqual([1, 1])
  await vi.advanceTimersByTimeAsync(10_000)
  hands.listener?.missed()
  await vi.advanceTimersByTimeAsync(0)
  expect(hands.reads).toHaveLength(0)
  expect(textsOf(hands.tail.since(0))).toEqual(['1'])
})

test('a tail ends and releases everything when the last follower disconnects', async () => {
  const hands = await begin()
  await hands.answer({})
  hands.tail.join()
  hands.tail.leave(() => {})
  expect(hands.over).toBe(0)
  hands.tail.leave(() => {})
  expect([hands.unsubscribed, hands.over]).toEqual([1, 1])
  expect(vi.getTimerCount()).toBe(0)
})

/**
 * A conversation under actions and server events in any order, against what must always hold.
 */

import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import { type Chat, type ChatMessage, createChat } from '../../src/entries/client.js'
import { answerOf, failureOf } from '../support/chat.js'
import { type Exchange, Remote } from '../support/remote.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

const steps = [
  'send',
  'send',
  'enqueue',
  'dequeue',
  'stop',
  'retry',
  'regenerate',
  'edit',
  'switch',
  'history',
  'late',
  'begin',
  'begin',
  'begin',
  'content',
  'content',
  'complete',
  'complete',
  'complete',
  'fail',
  'drop',
  'wait',
] as const
type Step = { kind: (typeof steps)[number]; at: number }

/** The text of a message. */
function textOf({ content }: ChatMessage): string {
  return typeof content === 'string'
    ? content
    : content.map((part) => ('text' in part ? part.text : '')).join('')
}

/** The server's side of one request. */
class Turn {
  readonly exchange: Exchange
  readonly text: string
  begun = false
  sent = 0
  over = false

  constructor(exchange: Exchange, text: string) {
    this.exchange = exchange
    this.text = text
  }

  get isOpen(): boolean {
    return !this.over && !this.exchange.left
  }

  begin(): void {
    if (this.begun) return
    this.begun = true
    this.exchange.begin().send(answerOf(this.text)[0] as StreamEvent)
  }
}

class World {
  readonly remote = new Remote()
  readonly chat: Chat = createChat({ url: '/ai', fetch: this.remote.fetch, retry: false })
  readonly turns: Turn[] = []
  /** What the user has said, and the answers that were whole. */
  readonly kept = new Set<string>()
  #count = 0

  constructor() {
    this.chat.subscribe(() => {})
  }

  async settle(): Promise<void> {
    await vi.advanceTimersByTimeAsync(20)
    for (const exchange of this.remote.exchanges.slice(this.turns.length)) {
      this.turns.push(new Turn(exchange, `a${this.turns.length}`))
    }
  }

  say(act: (text: string) => unknown): void {
    const text = `u${this.#count++}`
    if (act(text) !== false) this.kept.add(text)
  }

  do({ kind, at }: Step): void {
    const { chat } = this
    const { messages, queue, branches } = chat.getState()
    const open = this.turns.find((turn) => turn.isOpen)
    const pick = <One>(list: readonly One[]): One | undefined => list[at % (list.length || 1)]
    switch (kind) {
      case 'send':
        return this.say((text) => chat.send(text))
      case 'enqueue':
        return this.say((text) => chat.enqueue(text))
      case 'dequeue': {
        const item = pick(queue)
        if (item !== undefined && chat.dequeue(item.id)) this.kept.delete(item.input as string)
        return
      }
      case 'stop':
        return chat.stop()
      case 'retry':
        return void chat.retry()
      case 'regenerate':
        return void chat.regenerate()
      case 'edit': {
        const message = pick(messages.filter(({ role }) => role === 'user'))
        if (message !== undefined) this.say((text) => chat.edit(message.id, text))
        return
      }
      case 'switch': {
        const [id, branch] = pick(Object.entries(branches)) ?? []
        if (id !== undefined && branch !== undefined) chat.switchBranch(id, at % branch.count)
        return
      }
      case 'history':
        // The same messages, as a server gives them.
        return chat.setMessages((all) =>
          all.map(({ id, role, content }) => ({ id, role, content }) as ChatMessage),
        )
      case 'late':
        // What the server knew before it received the question.
        if (messages.at(-1)?.status === 'sending') chat.setMessages((all) => all.slice(0, -1))
        return
      case 'begin':
        return open?.begin()
      case 'content':
        open?.begin()
        if (open?.sent === 0) open.exchange.send(answerOf(open.text)[1] as StreamEvent)
        if (open !== undefined) open.sent = 1
        return
      case 'complete':
        if (open === undefined) return
        open.begin()
        open.exchange.send(...answerOf(open.text).slice(1 + open.sent))
        open.over = true
        this.kept.add(open.text)
        return
      case 'fail':
        if (open === undefined) return
        open.begin()
        open.exchange.send(failureOf(open.sent > 0 ? open.text : ''))
        open.over = true
        return
      case 'drop':
        if (open === undefined) return
        if (open.begun) open.exchange.end()
        else open.exchange.lose()
        open.over = true
        return
      case 'wait':
    }
  }

  check(): void {
    const { messages, status, connection } = this.chat.getState()
    const open = this.turns.filter((turn) => turn.isOpen)
    expect(open.length, 'streams at once').toBeLessThanOrEqual(1)
    const isBusy = status === 'submitted' || status === 'streaming'
    expect(isBusy, `${status} with ${open.length} streams`).toBe(open.length === 1)
    expect(connection === 'none').toBe(!isBusy)
    const ids = messages.map(({ id }) => id)
    expect(new Set(ids).size, 'ids').toBe(ids.length)
    const texts = messages.map(textOf)
    expect(new Set(texts).size, `doubled: ${texts.join()}`).toBe(texts.length)
    const moving = messages.filter((one) => one.status === 'streaming' || one.status === 'sending')
    if (!isBusy) expect(moving).toEqual([])
    expect(moving.filter((one) => one.status === 'streaming')).toHaveLength(
      status === 'streaming' ? 1 : 0,
    )
    const roles = messages.map(({ role }) => role).join()
    expect(roles).not.toContain('assistant,assistant')
  }

  /** All that can be reached, in every branch. */
  reach(): Set<string> {
    const found = new Set<string>()
    const seen = new Set<string>()
    const visit = (): void => {
      const { messages, branches } = this.chat.getState()
      const view = messages.map(({ id }) => id)
      // Versions of a message have the same id.
      const key = messages.map(textOf).join()
      if (seen.has(key)) return
      seen.add(key)
      for (const message of messages) found.add(textOf(message))
      for (const [index, id] of view.entries()) {
        const { index: shown = 0, count = 0 } = branches[id] ?? {}
        for (let other = 0; other < count; other++) {
          if (other === shown) continue
          expect(this.chat.switchBranch(id, other)).toBe(true)
          visit()
          const back = this.chat.getState().messages[index]?.id as string
          expect(this.chat.switchBranch(back, shown)).toBe(true)
        }
      }
    }
    visit()
    for (const { input } of this.chat.getState().queue) found.add(input as string)
    return found
  }
}

test('no message is lost or doubled, and at most one stream is open, whatever happens in which order', async () => {
  const step = fc.record({ kind: fc.constantFrom(...steps), at: fc.nat(20) })
  const runs = fc.array(step, { minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(runs, async (given) => {
      const world = new World()
      for (const each of given) {
        world.do(each)
        await world.settle()
        world.check()
      }
      world.chat.stop()
      await world.settle()
      world.check()
      const reached = world.reach()
      expect([...world.kept].filter((text) => !reached.has(text))).toEqual([])
      world.chat.destroy()
    }),
    { numRuns: 300 },
  )
}, 60_000)

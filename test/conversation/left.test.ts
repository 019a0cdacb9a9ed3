import { describe, expect, test } from 'vitest'
import {
  type ConversationOptions,
  createConversation,
  type LeftBehind,
  memoryStore,
} from '../../src/entries/conversation.js'
import type { Driver } from '../../src/entries/driver.js'
import { type ContentEvent, StreamError, type StreamEvent, tool } from '../../src/entries/index.js'
import { createResumable, memoryLog } from '../../src/entries/resumable.js'
import { collect, outline } from '../support/collect.js'
import { calling, parameters, playing, saying } from '../support/turns.js'

const interrupted = new StreamError('interrupted', 'Gone.')
const text = (index: number, words: string): ContentEvent => ({
  type: 'content',
  kind: 'text',
  index,
  text: words,
})

/** A turn whose process is gone, after its readers have received these blocks. */
async function left(blocks: readonly ContentEvent[], options: Partial<ConversationOptions> = {}) {
  const store = memoryStore()
  const never: Driver = {
    provider: 'first',
    model: 'first',
    stream: () => {
      throw new StreamError('aborted', 'Gone.')
    },
  }
  const settings = { id: 'c', store, retry: false as const, ...options }
  const [start] = await collect(createConversation({ ...settings, driver: never }).send('Hi'))
  const seen: LeftBehind = {
    partial: { role: 'assistant', content: [], id: (start as { id: string }).id },
    blocks,
    error: interrupted,
  }
  const resume = async (given: LeftBehind = seen, ...scripts: ReturnType<typeof saying>[]) => {
    const { driver, requests } = playing(...(scripts.length > 0 ? scripts : [saying('by you.')]))
    const events = await collect(createConversation({ driver, ...settings }).resume(given))
    return { events, requests, lines: outline(events) }
  }
  return { store, settings, seen, resume }
}

describe('resume() of what readers have received', () => {
  test('continues a text at the character', async () => {
    const { resume } = await left([text(0, 'Only ')])
    const { lines, requests, events } = await resume()
    expect(lines).toEqual([
      'start',
      'retry 2/2 continue interrupted',
      'text by you.',
      'complete Only by you.',
    ])
    expect(events[1]).toMatchObject({ error: interrupted, usage: { estimated: true } })
    expect(requests[0]?.messages).toMatchObject([
      { content: 'Hi' },
      { role: 'assistant', content: 'Only ' },
      { role: 'user' },
    ])
    expect(events.at(-1)).toMatchObject({ messageCount: 2, attempts: 2 })
  })

  test('continues a text after reasoning, in its block', async () => {
    const reasoning: ContentEvent = { type: 'content', kind: 'reasoning', index: 0, text: 'Hm.' }
    const { resume } = await left([reasoning, text(1, 'Only ')])
    const { events } = await resume()
    expect(events[2]).toEqual(text(1, 'by you.'))
    expect(events.at(-1)).toMatchObject({
      message: { content: [{ text: 'Hm.' }, { text: 'Only by you.' }] },
    })
  })

  test('says nothing twice that the model repeats', async () => {
    const { resume } = await left([text(0, 'Only the brave')])
    const { lines } = await resume(undefined, saying('Only the brave are free.'))
    expect(lines.at(-1)).toBe('complete Only the brave are free.')
  })

  test.each([
    ['there is reasoning only', [{ ...text(0, ''), kind: 'reasoning', text: 'Hm.' }], {}],
    ['afterContent is "restart"', [text(0, 'Only ')], { retry: { afterContent: 'restart' } }],
    [
      'a call has begun',
      [{ type: 'content', kind: 'tool-call', index: 0, id: 'a', name: 'b', input: '{' }],
      {},
    ],
  ] as [string, ContentEvent[], object][])('restarts if %s', async (_, blocks, options) => {
    const { resume } = await left(blocks, options)
    const { lines, requests } = await resume()
    expect(lines).toEqual([
      'start',
      'retry 2/2 restart interrupted',
      'text by you.',
      'complete by you.',
    ])
    expect(requests[0]?.messages).toHaveLength(1)
  })

  test('restarts structured output', async () => {
    const { resume } = await left([text(0, '{"a"')], { output: { type: 'object' } })
    const { lines } = await resume(undefined, saying('{"a":1}'))
    expect(lines).toContain('retry 2/2 restart interrupted')
    expect(lines.at(-1)).toBe('complete {"a":1}')
  })

  test('restarts with another retry if a hook changes to a driver that cannot continue', async () => {
    let steps = 0
    const other: Driver = { ...playing(saying('Whole.')).driver, continuation: () => 'none' }
    const { resume } = await left([text(0, 'Only ')], {
      maxSteps: 2,
      // Not in the process that is gone.
      beforeStep: () => (steps++ === 0 ? undefined : { driver: other }),
    })
    const { lines } = await resume()
    expect(lines.slice(1, 3)).toEqual([
      'retry 2/2 continue interrupted',
      'retry 2/2 restart interrupted',
    ])
    expect(lines.at(-1)).toBe('complete Whole.')
  })

  test('ends with the error of the stream if the conversation has another turn by now', async () => {
    const { seen, resume } = await left([text(0, 'Only ')])
    for (const id of ['other', undefined]) {
      const partial = { role: 'assistant' as const, content: [], ...(id && { id }) }
      const { lines, requests } = await resume({ ...seen, partial })
      expect(lines).toEqual(['start', 'error interrupted'])
      expect(requests).toHaveLength(0)
    }
  })

  test('finds a turn that was resumed under another stream before', async () => {
    const { seen, settings, resume } = await left([text(0, 'Only ')])
    const { driver } = playing([interrupted])
    const [start] = await collect(createConversation({ ...settings, driver }).resume())
    const partial = { ...seen.partial, id: (start as { id: string }).id }
    expect((await resume({ ...seen, partial })).lines.at(-1)).toBe('complete Only by you.')
  })

  test('accepts only what revive receives', async () => {
    const { settings } = await left([])
    const conversation = createConversation({ ...settings, driver: playing().driver })
    expect(() => conversation.resume({ retry: false } as never)).toThrow('Option "left"')
    expect(() => conversation.resume(null)).not.toThrow()
  })

  test('does not force a tool again that has been called', async () => {
    const pay = tool({ parameters, run: () => 'paid' })
    const options = { tools: { pay }, toolChoice: 'required' as const }
    const { store, settings } = await left([], options)
    const first = playing(calling(['a', 'pay']), [interrupted])
    await collect(createConversation({ ...settings, driver: first.driver }).resume())
    expect((await store.load('c')).draft).toMatchObject({
      steps: [{ calls: [{ output: 'paid' }] }],
    })
    const second = playing(saying('Done.'))
    await collect(createConversation({ ...settings, driver: second.driver }).resume())
    expect(second.requests[0]).not.toHaveProperty('toolChoice')
  })
})

describe('revive', () => {
  const start = '{"type":"start","id":"a","provider":"p","model":"m"}'
  const shown = JSON.stringify(text(0, 'Only '))

  async function revived(
    revive: (left: LeftBehind) => AsyncIterable<StreamEvent>,
    answerId: string,
  ): Promise<StreamEvent[]> {
    const log = memoryLog()
    const lease = { fence: 'gone', leaseMs: 1_000 }
    await log.create('s', lease)
    const events = [start.replace('"a"', JSON.stringify(answerId)), shown]
    await log.append('s', lease, { first: 1, events, ended: false })
    await log.release('s', lease)
    const resumable = createResumable({ log, revive: (_, given) => revive(given) })
    const stream = await resumable.follow('s')
    return stream === null ? [] : collect(stream)
  }

  test('may wrap the stream of a conversation, and copy what it has received', async () => {
    const { seen, settings } = await left([])
    const { driver } = playing(saying('by you.'))
    async function* wrapped(given: LeftBehind): AsyncGenerator<StreamEvent> {
      for await (const event of createConversation({ ...settings, driver }).resume({ ...given })) {
        yield { ...event }
      }
    }
    const events = await revived(wrapped, seen.partial.id ?? '')
    expect(outline(events)).toEqual([
      'start',
      'text Only ',
      'retry 2/2 continue interrupted',
      'text by you.',
      'complete Only by you.',
    ])
  })

  test('restarts everything with any other stream', async () => {
    const { driver } = playing(saying('by you.'))
    const another = createConversation({ id: 'd', store: memoryStore(), driver }).send('Hi')
    expect(outline(await revived(() => another, 'a'))).toEqual([
      'start',
      'text Only ',
      'retry 2/2 restart interrupted',
      'text by you.',
      'complete by you.',
    ])
  })

  test('ends the stream with its partial answer if the turn cannot begin', async () => {
    const { settings } = await left([])
    const { driver } = playing()
    const events = await revived(
      (given) => createConversation({ ...settings, driver }).resume(given),
      'unknown',
    )
    expect(outline(events)).toEqual(['start', 'text Only ', 'error interrupted'])
    expect(events.at(-1)).toMatchObject({ partial: { content: [{ text: 'Only ' }] } })
  })
})

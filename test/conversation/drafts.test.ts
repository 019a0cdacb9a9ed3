import { StreamError, type StreamOptions, tool } from 'sluice'
import { createConversation, memoryStore } from 'sluice/conversation'
import { describe, expect, test, vi } from 'vitest'
import type { CompleteEvent, StreamEvent } from '../../src/base/events.js'
import { collect } from '../support/collect.js'
import { calling, parameters, playing, saying } from '../support/turns.js'

const cut = new StreamError('network', 'Cut.')
type Script = ReturnType<typeof saying>

/** A conversation whose model answers from a list. */
function start(scripts: readonly Script[], options: object = {}) {
  const store = memoryStore()
  const { driver, requests } = playing(...scripts)
  const conversation = createConversation({ id: 'c', store, driver, retry: false, ...options })
  /** The same conversation as another process sees it. */
  const elsewhere = (...more: readonly Script[]) => {
    const model = playing(...more)
    const given = { id: 'c', store, driver: model.driver, retry: false as const, ...options }
    return { conversation: createConversation(given), requests: model.requests }
  }
  return { store, conversation, requests, elsewhere }
}

const textsOf = (messages: readonly object[]) =>
  messages.map((message) => {
    const { role, content, status } = message as { role: string; content: unknown; status?: string }
    const parts = typeof content === 'string' ? content : JSON.stringify(content)
    const text = /"text":"([^"]*)"/.exec(parts)?.[1] ?? parts
    return `${role}${status ? ` (${status})` : ''} ${text}`
  })

const partsOf = (events: readonly StreamEvent[]) =>
  (events.at(-1) as CompleteEvent).message.content as readonly object[]

describe('a turn of a conversation', () => {
  test('stores its question before the model is asked', async () => {
    const { conversation } = start([saying('Hello.')])
    for await (const event of conversation.send('Hi')) {
      if (event.type !== 'content') continue
      const { messages, draft } = await conversation.read()
      expect(messages).toEqual([])
      expect(draft?.input).toMatchObject([{ role: 'user', content: 'Hi', id: expect.any(String) }])
    }
    const { messages, draft } = await conversation.read()
    expect(draft).toBeUndefined()
    expect(textsOf(messages)).toEqual(['user Hi', 'assistant Hello.'])
  })

  test('gives its answer the id of its stream', async () => {
    const { conversation } = start([saying('Hello.')])
    const events = await collect(conversation.send('Hi'))
    const [, answer] = await conversation.messages()
    expect(answer?.id).toBe((events[0] as { id: string }).id)
  })
})

describe('a key', () => {
  test('gives the old answer again, without asking the model', async () => {
    const { conversation, requests } = start([saying('One.'), saying('Two.')])
    await conversation.send('Hi', { key: 'k' }).text()
    await conversation.send('And?').text()
    expect(await conversation.send('Hi', { key: 'k' }).text()).toBe('One.')
    expect(requests).toHaveLength(2)
    expect(await conversation.messages()).toHaveLength(4)
  })

  test('waits for the turn that has it, in another process', async () => {
    const { conversation, requests, elsewhere } = start([saying('One.')])
    const other = elsewhere(saying('Never.'))
    const both = [
      conversation.send('Hi', { key: 'k' }),
      other.conversation.send('Hi', { key: 'k' }),
    ]
    expect(await Promise.all(both.map((stream) => stream.text()))).toEqual(['One.', 'One.'])
    expect([...requests, ...other.requests]).toHaveLength(1)
  })

  test('continues a turn that failed, and stores its question once', async () => {
    const { conversation } = start([['Ha', cut], saying('Whole.')])
    await collect(conversation.send('Hi', { key: 'k' }))
    expect(await conversation.send('Hi', { key: 'k' }).text()).toBe('Whole.')
    expect(textsOf(await conversation.messages())).toEqual(['user Hi', 'assistant Whole.'])
  })

  test('of an edit or another answer gives that answer again', async () => {
    const { conversation, requests } = start([saying('One.'), saying('Two.'), saying('Three.')])
    await conversation.send('Hi', { key: 'k' }).text()
    expect(await conversation.regenerate({ key: 'r' }).text()).toBe('Two.')
    expect(await conversation.regenerate({ key: 'r' }).text()).toBe('Two.')
    const [question] = await conversation.messages()
    const edit = () => conversation.edit(question?.id ?? '', 'Hello', { key: 'e' })
    expect(await edit().text()).toBe('Three.')
    expect(await edit().text()).toBe('Three.')
    expect(requests).toHaveLength(3)
    expect(textsOf(await conversation.messages())).toEqual(['user Hello', 'assistant Three.'])
  })

  test('continues an edit that failed', async () => {
    const { conversation } = start([saying('One.'), ['Ha', cut], saying('Two.')])
    await conversation.send('Hi').text()
    const [question] = await conversation.messages()
    const edit = () => conversation.edit(question?.id ?? '', 'Hello', { key: 'e' })
    await collect(edit())
    expect(await edit().text()).toBe('Two.')
    expect(textsOf(await conversation.messages())).toEqual(['user Hello', 'assistant Two.'])
  })

  test.each(['keep-input', 'keep-partial'] as const)(
    'of a failed turn is a conflict once others have followed, with %s',
    async (onError) => {
      const { conversation } = start([['Ha', cut], saying('Two.')], { onError })
      await collect(conversation.send('Hi', { key: 'k' }))
      await conversation.send('And?').text()
      await expect(conversation.send('Hi', { key: 'k' }).text()).rejects.toMatchObject({
        code: 'conflict',
      })
    },
  )
})

describe('tools of a turn that was left behind', () => {
  const options = (run: () => unknown, more: object = {}): Partial<StreamOptions> => ({
    tools: { pay: tool({ parameters, run, ...more }) },
  })

  test('do not run again if their result is known', async () => {
    const run = vi.fn(() => 'paid')
    const { conversation, elsewhere } = start([calling(['a', 'pay']), ['Ha', cut]], options(run))
    const failed = await collect(conversation.send('Pay.'))
    const other = elsewhere(saying('Done.'))
    const events = await collect(other.conversation.resume())
    expect(run).toHaveBeenCalledTimes(1)
    expect(partsOf(events)).toMatchObject([
      { type: 'tool-call', id: 'a' },
      { type: 'tool-result', id: 'a', output: 'paid' },
      { type: 'text', text: 'Done.' },
    ])
    expect(other.requests[0]?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ id: 'a' }, { output: 'paid' }] },
    ])
    const [, answer] = await other.conversation.messages()
    expect(answer?.id).toBe((failed[0] as { id: string }).id)
    expect(answer?.content).toEqual(partsOf(events))
    expect(await other.conversation.messages()).toHaveLength(2)
  })

  test('run again with the same key if it is not known, and never if they may run once', async () => {
    for (const once of [false, true]) {
      const keys: string[] = []
      const pay = tool({
        parameters,
        once,
        run: (_input, { key, signal }) => {
          keys.push(key)
          if (keys.length > 1) return 'paid'
          return new Promise<never>((_, reject) => signal.addEventListener('abort', reject))
        },
      })
      const started = Promise.withResolvers<void>()
      const { conversation, elsewhere, store } = start([calling(['a', 'pay'])], {
        tools: { pay },
        onToolStart: () => started.resolve(),
      })
      // The process dies while the tool runs: nothing is written any more, and the lock runs out.
      const dying = conversation.send('Pay.', { signal: AbortSignal.timeout(60_000) })
      const reading = collect(dying)
      await started.promise
      vi.spyOn(store, 'write').mockRejectedValue(new Error('gone'))
      dying.cancel()
      await reading
      vi.restoreAllMocks()
      const other = elsewhere(saying('Done.'))
      const events = await collect(other.conversation.resume())
      expect(keys).toHaveLength(once ? 1 : 2)
      expect(new Set(keys).size).toBe(1)
      expect(partsOf(events)[1]).toMatchObject(
        once ? { isError: true, output: expect.stringContaining('not known') } : { output: 'paid' },
      )
    }
  })

  test('are in the history of the next turn, if the left one is not resumed', async () => {
    const run = vi.fn(() => 'paid')
    const scripts = [calling(['a', 'pay']), ['Ha', cut], saying('It is paid.')]
    const { conversation, requests } = start(scripts, options(run))
    await collect(conversation.send('Pay.'))
    await conversation.send('Is it paid?').text()
    expect(textsOf(await conversation.messages())).toMatchObject([
      'user Pay.',
      expect.stringContaining('assistant (partial)'),
      'user Is it paid?',
      'assistant It is paid.',
    ])
    const sent = requests[2]?.messages ?? []
    expect(sent).toHaveLength(3)
    expect(JSON.stringify(sent[1])).toContain('paid')
    expect(run).toHaveBeenCalledTimes(1)
  })
})

describe('resume()', () => {
  test('gives the last answer again if nothing was left behind', async () => {
    const { conversation, requests } = start([saying('Hello.')])
    await conversation.send('Hi').text()
    expect(await conversation.resume().text()).toBe('Hello.')
    expect(requests).toHaveLength(1)
  })

  test('has nothing to give in an empty conversation', async () => {
    const { conversation } = start([])
    await expect(conversation.resume().text()).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('regenerate(), edit() and fork()', () => {
  test('another answer replaces the last one', async () => {
    const { conversation, requests } = start([saying('One.'), saying('Two.')])
    await conversation.send('Hi').text()
    expect(await conversation.regenerate().text()).toBe('Two.')
    expect(textsOf(await conversation.messages())).toEqual(['user Hi', 'assistant Two.'])
    expect(requests[1]?.messages).toHaveLength(1)
  })

  test('another answer to an earlier question replaces everything after that question', async () => {
    const texts = ['One.', 'Two.', 'Three.', 'Four.']
    const { conversation, requests } = start(texts.map(saying))
    await conversation.send('Hi').text()
    await conversation.send('And?').text()
    await conversation.send('More?').text()
    const [, , question, answer] = await conversation.messages()
    const turn = conversation.regenerate({ messageId: answer?.id ?? '', key: 'r' })
    expect(await turn.text()).toBe('Four.')
    const expected = ['user Hi', 'assistant One.', 'user And?', 'assistant Four.']
    expect(textsOf(await conversation.messages())).toEqual(expected)
    expect(textsOf(requests[3]?.messages ?? [])).toEqual(expected.slice(0, 3))
    const again = conversation.regenerate({ messageId: question?.id ?? '', key: 'r' })
    expect(await again.text()).toBe('Four.')
    const unknown = conversation.regenerate({ messageId: 'nobody' })
    await expect(unknown.text()).rejects.toMatchObject({ code: 'not-found', status: 404 })
    expect(() => conversation.regenerate({ messageId: 1 as never })).toThrow('messageId')
  })

  test('another answer that fails leaves the last one where it is', async () => {
    const { conversation } = start([saying('One.'), ['Tw', cut], saying('Three.')])
    await conversation.send('Hi').text()
    await collect(conversation.regenerate())
    expect((await conversation.read()).draft).toMatchObject({ keep: 1, input: [] })
    expect(textsOf(await conversation.messages())).toEqual(['user Hi', 'assistant One.'])
    await conversation.send('And?').text()
    expect(textsOf(await conversation.messages())).toEqual([
      'user Hi',
      'assistant One.',
      'user And?',
      'assistant Three.',
    ])
  })

  test('an edited message replaces everything after it', async () => {
    const { conversation } = start([saying('One.'), saying('Two.'), saying('Three.')])
    await conversation.send('Hi').text()
    await conversation.send('And?').text()
    const [first] = await conversation.messages()
    expect(await conversation.edit(first?.id ?? '', 'Hello').text()).toBe('Three.')
    expect(textsOf(await conversation.messages())).toEqual(['user Hello', 'assistant Three.'])
    const unknown = conversation.edit('nobody', 'Hello')
    await expect(unknown.text()).rejects.toMatchObject({ code: 'not-found' })
    await expect(start([]).conversation.regenerate().text()).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  test('a fork has the messages up to and including one', async () => {
    const { conversation, store } = start([saying('One.'), saying('Two.')])
    await conversation.send('Hi').text()
    await conversation.send('And?').text()
    const [, answer] = await conversation.messages()
    await conversation.fork('d', answer?.id)
    await conversation.fork('e')
    expect(textsOf((await store.load('d')).messages)).toEqual(['user Hi', 'assistant One.'])
    expect((await store.load('e')).messages).toHaveLength(4)
    await expect(conversation.fork('d')).rejects.toMatchObject({ code: 'conflict' })
    await expect(conversation.fork('f', 'nobody')).rejects.toMatchObject({ code: 'not-found' })
  })
})

test('an answer that broke off reaches no model as if it were whole', async () => {
  const { conversation, requests } = start([['Half', cut], saying('Two.')], {
    onError: 'keep-partial',
  })
  await collect(conversation.send('Hi'))
  await conversation.send('And?').text()
  expect(requests[1]?.messages?.[1]).toMatchObject({ role: 'assistant', status: 'partial' })
})

test('a turn that failed keeps the reason until it is resumed', async () => {
  const { conversation } = start([['Half', cut], saying('Whole.')], { onError: 'keep-partial' })
  await collect(conversation.send('Hi'))
  const [, left] = await conversation.messages()
  expect(left).toMatchObject({ status: 'partial', errorCode: 'network' })
  expect((await conversation.read()).draft?.answer.errorCode).toBe('network')
  await conversation.resume().text()
  const [, whole] = await conversation.messages()
  expect(whole).not.toHaveProperty('status')
  expect(whole).not.toHaveProperty('errorCode')
})

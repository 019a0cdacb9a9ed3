import { describe, expect, test, vi } from 'vitest'
import type { ErrorEvent } from '../../src/base/events.js'
import type { ChatOptions, ChatRequest, StreamEvent } from '../../src/entries/client.js'
import { parseMessages } from '../../src/entries/index.js'
import { answerOf, failureOf, outlineOf, settled, talk } from '../support/chat.js'

/** A conversation whose answers are whole. */
async function talked(...texts: string[]) {
  const requests: ChatRequest[] = []
  const made = talk({
    body: (messages, request) => {
      requests.push(request)
      return { messages, key: request.key }
    },
  })
  made.chat.subscribe(() => {})
  for (const text of texts) {
    made.chat.send(text)
    made.remote.last.begin().send(...answerOf(`re ${text}`))
    await settled()
  }
  return { ...made, requests }
}

function idOf(state: { messages: readonly { id: string }[] }, index: number): string {
  return state.messages[index]?.id ?? ''
}

describe('the status of messages', () => {
  test('a question is sending until the server accepts it, and its answer streams until it is whole', async () => {
    const { chat, remote } = talk()
    chat.send('Hi')
    expect(outlineOf(chat)).toEqual(['user Hi sending'])
    expect(chat.getState()).toMatchObject({ status: 'submitted', connection: 'connecting' })
    const [start, hello, complete] = answerOf('Hello')
    remote.last.begin()
    await settled()
    expect(outlineOf(chat)).toEqual(['user Hi done'])
    remote.last.send(start as never, hello as never)
    await settled()
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello streaming'])
    expect(chat.getState()).toMatchObject({ status: 'streaming', connection: 'open' })
    const streaming = chat.getState().messages[1]
    remote.last.send(complete as never)
    await settled()
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done'])
    expect(chat.getState()).toMatchObject({ status: 'idle', connection: 'none' })
    expect(chat.getState().messages[1]?.id).toBe(streaming?.id)
  })

  test.each([
    ['stopped before the response', 'user Hi stopped'],
    ['failed before the response', 'user Hi failed'],
  ])('a question whose request was %s says so', async (how, expected) => {
    const { chat, remote } = talk({ retry: false })
    chat.send('Hi')
    if (how.startsWith('stopped')) chat.stop()
    else remote.last.lose()
    await settled()
    expect(outlineOf(chat)).toEqual([expected])
  })

  test.each([
    ['stopped', 'stopped'],
    ['stopped elsewhere', 'stopped'],
    ['failed', 'failed'],
    ['left', 'partial'],
  ])('an answer that was %s is %s, and is sent back as partial', async (how, status) => {
    const { chat, remote } = talk({ retry: false })
    chat.send('Hi')
    remote.last.begin().send(...answerOf('Hel').slice(0, 2))
    await settled()
    if (how === 'stopped') chat.stop()
    if (how === 'stopped elsewhere') remote.last.send(failureOf('Hel', 'aborted'))
    if (how === 'failed') remote.last.send(failureOf('Hel'))
    if (how === 'left') chat.destroy()
    await settled()
    expect(outlineOf(chat)).toEqual(['user Hi done', `assistant Hel ${status}`])
    const { chat: other, remote: server } = talk({ initialMessages: chat.getState().messages })
    other.send('And?')
    const sent = parseMessages(server.last.json)
    expect(sent.map((message) => message.status)).toEqual([undefined, 'partial', undefined])
    expect(sent[0]?.id).toBe(chat.getState().messages[0]?.id)
    // A page that receives it from its server after a reload.
    const { chat: reloaded } = talk({ initialMessages: sent.slice(0, 2) })
    expect(outlineOf(reloaded)).toEqual(['user Hi done', `assistant Hel ${status}`])
    const reasons: Record<string, string> = { stopped: 'aborted', failed: 'overloaded' }
    expect(sent[1]?.errorCode).toBe(reasons[status])
  })

  test('onEvent receives every answer from its start, also one that was not reached', async () => {
    const types: string[] = []
    const { chat, remote } = talk({ retry: false, onEvent: ({ type }) => void types.push(type) })
    chat.send('Hi')
    remote.last.lose()
    await settled()
    expect(types).toEqual(['start', 'error'])
    chat.send('Again')
    remote.last.begin().send(...answerOf('Hel').slice(0, 2))
    await settled()
    remote.last.fail()
    await settled()
    expect(types.slice(2)).toEqual(['start', 'content', 'error'])
  })

  test('messages that were stored during an answer are partial', () => {
    const { chat } = talk({
      initialMessages: [
        { id: 'a', role: 'user', content: 'Hi', status: 'sending' },
        {
          id: 'b',
          role: 'assistant',
          content: [{ type: 'text', text: 'Hel' }],
          status: 'streaming',
        },
      ],
    })
    expect(outlineOf(chat)).toEqual(['user Hi failed', 'assistant Hel partial'])
  })
})

describe('retry()', () => {
  test('retry() repeats a turn that failed, with its key, and does nothing after a whole answer', async () => {
    const { chat, remote, requests } = await talked('One')
    expect(chat.retry()).toBe(false)
    chat.send('Two')
    remote.last.begin().send(...answerOf('Ha').slice(0, 2), failureOf('Ha'))
    await settled()
    expect(chat.retry()).toBe(true)
    expect(requests.map(({ action, isRetry }) => [action, isRetry])).toEqual([
      ['send', false],
      ['send', false],
      ['send', true],
    ])
    const [one, two, again] = requests
    expect(again?.key).toBe(two?.key)
    expect(one?.key).not.toBe(two?.key)
    expect(again?.message).toMatchObject({ role: 'user', content: 'Two' })
    expect(outlineOf(chat)).toEqual(['user One done', 'assistant re One done', 'user Two sending'])
    remote.last.begin().send(...answerOf('Half'))
    await settled()
    expect(outlineOf(chat).at(-1)).toBe('assistant Half done')
    expect(chat.retry()).toBe(false)
  })

  test('retry() answers the last question of a page that was reloaded', () => {
    const initialMessages = [{ id: 'a', role: 'user', content: 'Hi' }] as const
    const keys: string[] = []
    const body = (_: unknown, { key }: ChatRequest) => void keys.push(key)
    const { chat, remote } = talk({ initialMessages, body })
    expect(chat.retry()).toBe(true)
    expect(remote.exchanges).toHaveLength(1)
    const named = talk({ initialMessages: [{ ...initialMessages[0], key: 'k' }], body })
    named.chat.retry()
    expect(keys).toEqual([expect.any(String), 'k'])
  })
})

describe('a server that resumes turns', () => {
  function resuming(options: Partial<ChatOptions> = {}) {
    const requests: ChatRequest[] = []
    let count = 0
    const made = talk({
      createKey: () => `c.${++count}`,
      resumesTurns: true,
      retry: false,
      body: (_, request) => void requests.push(request),
      ...options,
    })
    return { ...made, requests }
  }

  test.each(['failed', 'failed by its network', 'stopped'])(
    'retry() resumes a turn that was %s, with another key',
    async (how) => {
      const { chat, remote, requests } = resuming()
      chat.send('Hi')
      remote.last.begin().send(...answerOf('Hel').slice(0, 2))
      await settled()
      if (how === 'failed') remote.last.send(failureOf('Hel'))
      // That of the server to the model.
      else if (how !== 'stopped') remote.last.send(failureOf('Hel', 'network'))
      else chat.stop()
      await settled()
      expect(chat.retry()).toBe(true)
      expect(outlineOf(chat)).toEqual(['user Hi sending'])
      expect(requests.map(({ action, key }) => `${action} ${key}`)).toEqual([
        'send c.1',
        'resume c.2',
      ])
      remote.last.begin().send(...answerOf('Hello'))
      await settled()
      expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done'])
    },
  )

  test.each([
    ['before the response', 'user Hi failed'],
    ['in its answer', 'assistant Hel failed'],
  ])('retry() repeats a turn whose connection was lost %s, with its key', async (when, last) => {
    const { chat, remote, requests } = resuming()
    chat.send('Hi')
    if (when === 'before the response') remote.last.lose()
    else {
      remote.last.begin().send(...answerOf('Hel').slice(0, 2))
      await settled()
      remote.last.fail()
    }
    await settled()
    expect(outlineOf(chat).at(-1)).toBe(last)
    expect(chat.retry()).toBe(true)
    expect(requests.map(({ action, key }) => `${action} ${key}`)).toEqual(['send c.1', 'send c.1'])
  })

  test('retry() resumes what the history of the server left', async () => {
    const { chat, requests } = resuming()
    chat.setMessages([
      { id: 'q', role: 'user', content: 'Hi' },
      { id: 'a', role: 'assistant', content: 'Hel', status: 'partial' },
    ])
    expect(chat.retry()).toBe(true)
    expect(requests).toMatchObject([{ action: 'resume', isRetry: true }])
    expect(outlineOf(chat)).toEqual(['user Hi done'])
  })
})

test('a step that a server gives again is not doubled', async () => {
  const { chat, remote } = talk()
  const call = { type: 'tool-call', id: 'c', name: 'pay', input: {} } as const
  const result = { type: 'tool-result', id: 'c', name: 'pay', output: 'paid' } as const
  const partial = { role: 'assistant', content: [call, result] } as const
  const events = answerOf('x', 's').slice(0, 1)
  const step = [
    { ...call, type: 'content', kind: 'tool-call', index: 0, input: '{}' },
    { ...result, type: 'content', kind: 'tool-result', index: 1 },
  ] as StreamEvent[]
  chat.send('Pay.')
  remote.last.begin().send(...events, ...step, { ...(failureOf('') as ErrorEvent), partial })
  await settled()
  expect(outlineOf(chat)).toEqual(['user Pay. done', 'assistant [tool-call][tool-result] failed'])
  chat.retry()
  expect(outlineOf(chat)).toHaveLength(2)
  remote.last.begin().send(...events, ...step)
  await settled()
  expect(outlineOf(chat)).toEqual([
    'user Pay. done',
    'assistant [tool-call][tool-result] streaming',
  ])
})

describe('branches', () => {
  test('regenerate() keeps the earlier answer as a branch', async () => {
    const { chat, remote, requests } = await talked('Hi')
    const first = idOf(chat.getState(), 1)
    expect(chat.regenerate()).toBe(true)
    expect(requests[1]).toMatchObject({ action: 'regenerate', messageId: first, isRetry: false })
    expect(requests[1]?.message).toMatchObject({ content: 'Hi' })
    expect(requests[1]?.key).not.toBe(requests[0]?.key)
    expect(outlineOf(chat)).toEqual(['user Hi done'])
    remote.last.begin().send(...answerOf('Another'))
    await settled()
    const second = idOf(chat.getState(), 1)
    expect(chat.getState().branches).toEqual({ [second]: { index: 1, count: 2 } })
    expect(chat.switchBranch(second, 0)).toBe(true)
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant re Hi done'])
    expect(chat.getState().branches).toEqual({ [first]: { index: 0, count: 2 } })
    expect(chat.switchBranch(first, 2)).toBe(false)
    expect(chat.switchBranch('unknown', 0)).toBe(false)
  })

  test.each(['stopped', 'failed'])(
    'a regeneration that was %s before its first content leaves the answer, and can be retried',
    async (how) => {
      const { chat, remote, requests } = await talked('Hi')
      chat.regenerate()
      if (how === 'stopped') chat.stop()
      else remote.last.begin().send(failureOf(''))
      await settled()
      expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant re Hi done'])
      expect(chat.getState().branches).toEqual({})
      expect(chat.retry()).toBe(true)
      expect(requests[2]).toMatchObject({ action: 'regenerate', isRetry: true })
      expect(requests[2]?.key).toBe(requests[1]?.key)
      remote.last.begin().send(...answerOf('Another'))
      await settled()
      expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Another done'])
    },
  )

  test.each(['stopped', 'failed', 'refused'])(
    'on a server that resumes turns, a regeneration that was %s is requested anew',
    async (how) => {
      const requests: ChatRequest[] = []
      const initialMessages = [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', id: 'a', content: 'Hello' },
      ] as const
      const { chat, remote } = talk({
        retry: false,
        resumesTurns: true,
        initialMessages,
        body: (_messages, request) => void requests.push(request),
      })
      chat.regenerate()
      if (how === 'refused') remote.last.status(401)
      else remote.last.begin()
      await settled()
      if (how === 'stopped') chat.stop()
      if (how === 'failed') remote.last.send(failureOf(''))
      await settled()
      expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done'])
      expect(chat.retry()).toBe(true)
      const [first, second] = requests
      expect(second).toMatchObject({ action: 'regenerate', messageId: 'a' })
      // A server that refused a turn does not know its key.
      expect(second?.key === first?.key).toBe(how === 'refused')
    },
  )

  test('regenerate() of an earlier answer moves what follows it to the branch', async () => {
    const { chat, remote, requests } = await talked('One', 'Two')
    const first = idOf(chat.getState(), 1)
    expect(chat.regenerate(first)).toBe(true)
    expect(requests[2]).toMatchObject({ action: 'regenerate', messageId: first })
    expect(requests[2]?.message).toMatchObject({ content: 'One' })
    remote.last.begin().send(...answerOf('Another'))
    await settled()
    expect(outlineOf(chat)).toEqual(['user One done', 'assistant Another done'])
    chat.switchBranch(idOf(chat.getState(), 1), 0)
    expect(outlineOf(chat)).toEqual([
      'user One done',
      'assistant re One done',
      'user Two done',
      'assistant re Two done',
    ])
    expect(chat.regenerate('unknown')).toBe(false)
  })

  test('edit() replaces a message and what followed, and switchBranch() shows them again', async () => {
    const { chat, remote, requests } = await talked('One', 'Two')
    const [one, two] = [idOf(chat.getState(), 0), idOf(chat.getState(), 2)]
    expect(chat.edit(two, 'Zwei')).toBe(true)
    remote.last.begin().send(...answerOf('re Zwei'))
    await settled()
    expect(chat.edit(one, 'Eins')).toBe(true)
    expect(requests[3]).toMatchObject({ action: 'edit', messageId: one })
    expect(requests[3]?.message).toMatchObject({ content: 'Eins' })
    remote.last.begin().send(...answerOf('re Eins'))
    await settled()
    expect(outlineOf(chat)).toEqual(['user Eins done', 'assistant re Eins done'])
    expect(chat.switchBranch(idOf(chat.getState(), 0), 0)).toBe(true)
    expect(outlineOf(chat).filter((line) => line.startsWith('user'))).toEqual([
      'user One done',
      'user Zwei done',
    ])
    expect(chat.switchBranch(idOf(chat.getState(), 2), 0)).toBe(true)
    expect(outlineOf(chat).at(-1)).toBe('assistant re Two done')
    expect(Object.values(chat.getState().branches)).toEqual([
      { index: 0, count: 2 },
      { index: 0, count: 2 },
    ])
    expect(chat.edit(idOf(chat.getState(), 1), 'no answer')).toBe(false)
    expect(chat.edit('unknown', 'x')).toBe(false)
  })

  test('each version of a message has its own answers', async () => {
    const { chat, remote } = await talked('One')
    const one = idOf(chat.getState(), 0)
    chat.regenerate()
    remote.last.begin().send(...answerOf('another'))
    await settled()
    chat.edit(one, 'Eins')
    remote.last.begin().send(...answerOf('re Eins'))
    await settled()
    expect(idOf(chat.getState(), 0)).toBe(one)
    expect(chat.getState().branches).toEqual({ [one]: { index: 1, count: 2 } })
    chat.switchBranch(one, 0)
    expect(outlineOf(chat)).toEqual(['user One done', 'assistant another done'])
    const answer = idOf(chat.getState(), 1)
    expect(chat.getState().branches[answer]).toEqual({ index: 1, count: 2 })
    chat.switchBranch(answer, 0)
    chat.switchBranch(one, 1)
    expect(outlineOf(chat)).toEqual(['user Eins done', 'assistant re Eins done'])
  })

  test('nothing changes branches while an answer is in progress', async () => {
    const { chat } = await talked('One')
    const [one, answer] = [idOf(chat.getState(), 0), idOf(chat.getState(), 1)]
    chat.send('Two')
    expect(chat.edit(one, 'x')).toBe(false)
    expect(chat.regenerate()).toBe(false)
    expect(chat.switchBranch(answer, 0)).toBe(false)
    expect(outlineOf(chat)).toHaveLength(3)
  })
})

describe('the queue', () => {
  test('queued inputs are sent one after the other, and can be cancelled', async () => {
    const { chat, remote } = talk()
    chat.enqueue('One')
    const two = chat.enqueue('Two')
    const three = chat.enqueue('Three')
    expect(remote.exchanges).toHaveLength(1)
    expect(chat.getState().queue).toEqual([
      { id: two, input: 'Two' },
      { id: three, input: 'Three' },
    ])
    expect(chat.dequeue(two)).toBe(true)
    expect(chat.dequeue(two)).toBe(false)
    remote.last.begin().send(...answerOf('re One'))
    await settled()
    expect(remote.exchanges).toHaveLength(2)
    expect(chat.getState().queue).toEqual([])
    expect(outlineOf(chat).at(-1)).toBe('user Three sending')
  })

  test.each(['stopped', 'failed'])(
    'the queue waits after an answer that was %s until one is whole',
    async (how) => {
      const { chat, remote } = talk()
      chat.send('One')
      chat.enqueue('Two')
      remote.last.begin().send(...answerOf('re One').slice(0, 2))
      await settled()
      if (how === 'stopped') chat.stop()
      else remote.last.send(failureOf('re One'))
      await settled()
      expect(chat.getState().queue).toHaveLength(1)
      expect(remote.exchanges).toHaveLength(1)
      chat.retry()
      remote.last.begin().send(...answerOf('re One'))
      await settled()
      expect(remote.exchanges).toHaveLength(3)
      expect(outlineOf(chat).at(-1)).toBe('user Two sending')
    },
  )
})

describe('files', () => {
  test('files are sent as base64, after the text', async () => {
    const { chat, remote } = talk()
    const image = new File([Uint8Array.of(137, 80)], 'a.png', { type: 'image/png' })
    const pdf = new File(['%PDF'], 'b.pdf', { type: 'application/pdf' })
    expect(chat.send({ text: 'Look', files: [image, pdf], metadata: { from: 'me' } })).toBe(true)
    expect(chat.send('meanwhile')).toBe(false)
    await settled()
    const [message] = parseMessages(remote.last.json)
    expect(message).toMatchObject({
      role: 'user',
      metadata: { from: 'me' },
      content: [
        { type: 'text', text: 'Look' },
        { type: 'image', data: 'iVA=', mediaType: 'image/png' },
        { type: 'file', data: 'JVBERg==', mediaType: 'application/pdf', filename: 'b.pdf' },
      ],
    })
  })

  test('files that are too large are refused with a sentence, and nothing is sent', () => {
    const { chat, remote } = talk({ maxFileBytes: 1_500_000 })
    const file = new File([new Uint8Array(2_000_000)], 'a.bin')
    expect(chat.send({ files: [file] })).toBe(false)
    expect(chat.getState()).toMatchObject({ status: 'error', messages: [] })
    expect(chat.getState().error?.publicMessage).toBe(
      'The file "a.bin" is too large: 2 MB. The limit is 1.5 MB.',
    )
    expect(chat.retry()).toBe(false)
    expect(remote.exchanges).toHaveLength(0)
  })

  test('a file that cannot be read is an error with its name', async () => {
    const { chat } = talk()
    const file = Object.assign(new File(['x'], 'gone.txt'), {
      arrayBuffer: () => Promise.reject(new Error('gone')),
    })
    chat.send({ files: [file] })
    await settled()
    expect(chat.getState().error?.publicMessage).toBe('The file "gone.txt" cannot be read.')
    expect(chat.getState().status).toBe('error')
  })

  test('a message that is stopped while its files are read is kept, and can be retried', async () => {
    const { chat, remote } = talk()
    chat.send({ text: 'Look', files: [new File(['x'], 'a.txt', { type: 'text/plain' })] })
    chat.stop()
    await settled()
    expect(outlineOf(chat)).toEqual(['user Look[file] stopped'])
    expect(remote.exchanges).toHaveLength(0)
    expect(chat.retry()).toBe(true)
    expect(remote.exchanges).toHaveLength(1)
  })
})

describe('requests', () => {
  test('the address and the body may come by promises', async () => {
    const { chat, remote } = talk({
      url: async ({ key, action }) => `/ai/${action}/${key.length > 0}`,
      body: async (messages) => ({ count: messages.length }),
    })
    chat.send('Hi')
    expect(chat.getState().status).toBe('submitted')
    expect(remote.exchanges).toHaveLength(0)
    await settled()
    expect(remote.last.url).toBe('/ai/send/true')
    expect(remote.last.json).toEqual({ count: 1 })
  })

  test('a body that fails is the error of the answer, and retry() makes it again', async () => {
    let isOut = true
    const { chat, remote } = talk({
      body: async () => {
        if (isOut) throw new Error('no session')
        return {}
      },
    })
    chat.send('Hi')
    await settled()
    expect(chat.getState().status).toBe('error')
    expect(outlineOf(chat)).toEqual(['user Hi failed'])
    isOut = false
    expect(chat.retry()).toBe(true)
    await settled()
    expect(remote.exchanges).toHaveLength(1)
  })

  test('nothing is sent if the page stops while the body is made', async () => {
    const onStop = vi.fn()
    const { chat, remote } = talk({ body: async () => ({}), onStop })
    chat.send('Hi')
    chat.stop()
    await settled()
    expect(remote.exchanges).toHaveLength(0)
    expect(onStop).not.toHaveBeenCalled()
    expect(outlineOf(chat)).toEqual(['user Hi stopped'])
  })

  test('a body that throws at once is thrown by send(), and changes nothing', () => {
    const { chat } = talk({
      body: () => {
        throw new RangeError('no')
      },
    })
    expect(() => chat.send('Hi')).toThrow('no')
    expect(chat.getState()).toMatchObject({ messages: [], status: 'idle' })
  })
})

describe('several conversations', () => {
  test('an answer continues without subscribers, and is there when one comes back', async () => {
    const { chat, remote } = talk()
    const shown = vi.fn()
    const leave = chat.subscribe(shown)
    chat.send('Hi')
    const [start, hello, complete] = answerOf('Hello')
    remote.last.begin().send(start as never)
    await settled()
    leave()
    shown.mockClear()
    remote.last.send(hello as never)
    const other = talk()
    other.chat.send('Other')
    remote.last.send(complete as never)
    await settled()
    expect(shown).not.toHaveBeenCalled()
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done'])
    expect(outlineOf(other.chat)).toEqual(['user Other sending'])
  })

  test('destroy() closes the connection, and nothing is sent afterwards', async () => {
    const { chat, remote } = talk()
    chat.send('Hi')
    chat.destroy()
    await settled()
    expect(remote.last.left).toBe(true)
    for (const act of [() => chat.send('x'), () => chat.retry(), () => chat.regenerate()]) {
      expect(act()).toBe(false)
    }
    expect(remote.exchanges).toHaveLength(1)
  })
})

import { type Message, parseMessages, type StreamOptions, tool } from 'sluice'
import { describe, expect, test, vi } from 'vitest'
import { after, calling, parameters, saying, type Turn, turn } from '../support/turns.js'

const signingKey = 'a key of at least sixteen characters'

const approval = (id: string, approved: boolean, reason?: string): Message => ({
  role: 'tool',
  content: [{ type: 'tool-approval', id, approved, ...(reason === undefined ? {} : { reason }) }],
})

function paying() {
  const run = vi.fn(({ amount }: { amount: number }) => `paid ${amount}`)
  const pay = tool({ parameters, run, approve: ({ amount }) => amount > 100 })
  return { run, options: { tools: { pay }, signingKey } }
}

/** The first turn, which calls with these amounts, one call each. */
function asked(options: Partial<StreamOptions>, ...amounts: readonly number[]): Promise<Turn> {
  const calls = amounts.map((amount, at) => [`c${at}`, 'pay', { amount }] as const)
  return turn([calling(...calls), saying('Done.')], options)
}

/** The next turn, in another process: nothing but JSON of the first one is left. */
function goesOn(options: Partial<StreamOptions>, messages: readonly Message[]): Promise<Turn> {
  return turn([saying('Done.')], { ...options, messages })
}

describe('a tool that needs approval', () => {
  test('waits for it, while other calls run', async () => {
    const { run, options } = paying()
    const { complete } = await asked(options, 500, 50)
    expect(run.mock.calls.map(([input]) => input)).toEqual([{ amount: 50 }])
    expect(complete).toMatchObject({
      finishReason: 'tool-calls',
      waiting: [{ id: 'c0', name: 'pay', input: { amount: 500 }, for: 'approval' }],
    })
    expect(complete.message.content).toMatchObject([
      { id: 'c0', seal: expect.any(String) },
      { id: 'c1', seal: expect.any(String) },
      { type: 'tool-result', id: 'c1', output: 'paid 50' },
    ])
  })

  test('runs when it is given, as the first block of the next answer', async () => {
    const { run, options } = paying()
    const first = await asked(options, 500)
    const keys: string[] = []
    const onToolStart = ({ key, step }: { key: string; step: number }) =>
      keys.push(`${step} ${key}`)
    const messages = after(first, approval('c0', true))
    const { parts, requests } = await goesOn({ ...options, onToolStart }, messages)
    expect(run).toHaveBeenCalledTimes(1)
    expect(parts).toEqual([
      { type: 'tool-result', id: 'c0', name: 'pay', output: 'paid 500' },
      { type: 'text', text: 'Done.' },
    ])
    // The key is that of the message that made the call.
    expect(keys).toEqual([`0 ${first.id}/c0`])
    expect(requests[0]?.messages?.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
    ])
  })

  test('does not run when it is refused, and the model is told why', async () => {
    const { run, options } = paying()
    const messages = after(await asked(options, 500), approval('c0', false, 'Too much.'))
    const { parts } = await goesOn(options, messages)
    expect(run).not.toHaveBeenCalled()
    expect(parts[0]).toMatchObject({
      isError: true,
      output: 'The user did not allow this call. Reason: Too much.',
    })
  })

  test('several at once: those without an answer wait on', async () => {
    const { run, options } = paying()
    const first = await asked(options, 500, 600, 700)
    const messages = after(first, approval('c0', true), approval('c2', false))
    const second = await goesOn(options, messages)
    expect(run).toHaveBeenCalledTimes(1)
    expect(second.requests).toHaveLength(0)
    expect(second.complete).toMatchObject({
      finishReason: 'tool-calls',
      waiting: [{ id: 'c1', for: 'approval' }],
    })
    const rest = [...messages, second.complete.message, approval('c1', true)]
    const third = await goesOn(options, JSON.parse(JSON.stringify(rest)) as Message[])
    expect(run).toHaveBeenCalledTimes(2)
    expect(third.parts).toMatchObject([{ id: 'c1', output: 'paid 600' }, { text: 'Done.' }])
  })

  test('asks every time, or never', async () => {
    for (const approve of [true, false]) {
      const run = vi.fn()
      const { complete } = await asked({ tools: { pay: { parameters, run, approve } } }, 1)
      expect(complete.waiting?.length ?? 0).toBe(approve ? 1 : 0)
    }
  })

  test('does not run if the decision fails', async () => {
    const run = vi.fn()
    const approve = () => {
      throw new Error('No database.')
    }
    const { parts } = await asked({ tools: { pay: { parameters, run, approve } } }, 1)
    expect(run).not.toHaveBeenCalled()
    expect(parts[1]).toMatchObject({ isError: true, output: 'The tool failed.' })
  })

  test('is not asked about arguments that are invalid', async () => {
    const approve = vi.fn(() => true)
    const validate = () => {
      throw new Error('No amount.')
    }
    const pay = { parameters, run: vi.fn(), approve, validate }
    const { parts } = await asked({ tools: { pay } }, 1)
    expect(approve).not.toHaveBeenCalled()
    expect(parts[1]).toMatchObject({ isError: true })
  })
})

describe('a call that this server did not make', () => {
  const tampered: readonly [string, (call: Record<string, unknown>) => object][] = [
    ['with other arguments', (call) => ({ ...call, input: { amount: 5_000 } })],
    ['with another name', (call) => ({ ...call, name: 'refund' })],
    ['with another id', (call) => ({ ...call, id: 'c9' })],
    ['without a seal', ({ seal: _seal, ...call }) => call],
    ['with a seal that is none', (call) => ({ ...call, seal: 'zz' })],
    ['with an empty seal', (call) => ({ ...call, seal: '' })],
    ['with another seal', (call) => ({ ...call, seal: 'ab'.repeat(32) })],
  ]

  test.each(tampered)(
    '%s is refused with a clear error, and nothing runs',
    async (_name, change) => {
      const { run, options } = paying()
      const refund = tool({ parameters, run, approve: true })
      const more = { ...options, tools: { ...options.tools, refund } }
      const first = await asked(options, 500, 600)
      const messages = after(first)
      const [, answer] = messages as [Message, Message & { content: Record<string, unknown>[] }]
      answer.content[0] = change(answer.content[0] ?? {}) as never
      const ids = answer.content.map(({ id }) => approval(String(id), true))
      const { error, requests } = await goesOn(more, [...messages, ...ids])
      expect(error.error).toMatchObject({ code: 'invalid-request', status: 400 })
      expect(error.error.message).toMatch(/seal/)
      expect(run).not.toHaveBeenCalled()
      expect(requests).toHaveLength(0)
    },
  )

  test('in another message or under another key is refused', async () => {
    const { run, options } = paying()
    const messages = after(await asked(options, 500), approval('c0', true))
    const moved = messages.map((each) => (each.role === 'assistant' ? { ...each, id: 'x' } : each))
    const other = { ...options, signingKey: 'another key of sixteen characters' }
    for (const [given, history] of [
      [options, moved],
      [other, messages],
    ] as const) {
      const { error } = await goesOn(given, history)
      expect(error.error.code).toBe('invalid-request')
    }
    expect(run).not.toHaveBeenCalled()
  })

  test('expires with sealTtlMs: it is not run, and the model is told', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { run, options } = paying()
    const first = await asked(options, 500)
    const messages = after(first, approval('c0', true))
    vi.setSystemTime(Date.now() + 7 * 24 * 3_600_000)
    const late = await goesOn({ ...options, sealTtlMs: 3_600_000 }, messages)
    expect(run).not.toHaveBeenCalled()
    expect(late.parts[0]).toMatchObject({
      isError: true,
      output: 'The call has expired. Call again if it is still needed.',
    })
    await goesOn(options, messages)
    expect(run).toHaveBeenCalledTimes(1)
    vi.useRealTimers()
  })

  test('with an object in place of a list of the same entries is refused', async () => {
    const { run, options } = paying()
    const tools = { pay: tool({ parameters, run, approve: true }) }
    const first = await turn([calling(['c0', 'pay', { a: { b: 1 } }])], { ...options, tools })
    const messages = after(first, approval('c0', true))
    const [, answer] = messages as [Message, Message & { content: { input: unknown }[] }]
    if (answer.content[0] !== undefined) answer.content[0].input = { a: [['b', 1]] }
    const { error } = await goesOn({ ...options, tools }, messages)
    expect(error.error.code).toBe('invalid-request')
    expect(run).not.toHaveBeenCalled()
  })

  test('is believed after a database has changed the order of its keys', async () => {
    const { run, options } = paying()
    const tools = { pay: tool({ parameters, run, approve: true }) }
    const first = await turn([calling(['c0', 'pay', { b: 1, a: { d: [1], c: 2 } }])], {
      ...options,
      tools,
    })
    const messages = after(first, approval('c0', true))
    const [, answer] = messages as [Message, Message & { content: { input: unknown }[] }]
    if (answer.content[0] !== undefined) answer.content[0].input = { a: { c: 2, d: [1] }, b: 1 }
    await goesOn({ ...options, tools }, messages)
    expect(run).toHaveBeenCalledTimes(1)
  })

  test('with a seal is refused if there is no key to check it', async () => {
    const run = vi.fn()
    const call = { type: 'tool-call', id: 'c0', name: 'f', input: {}, seal: 'ab' } as const
    const messages: Message[] = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [call] },
    ]
    const { error } = await goesOn({ tools: { f: { parameters, run } } }, messages)
    expect(error.error.message).toContain('signingKey')
    expect(run).not.toHaveBeenCalled()
  })

  test('without a key is refused if its tool needs approval, and runs if not', async () => {
    const run = vi.fn(() => 1)
    const call = { type: 'tool-call', id: 'c0', name: 'pay', input: {} } as const
    const messages: Message[] = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [call] },
      approval('c0', true),
    ]
    const refused = await goesOn({ tools: { pay: { parameters, run, approve: true } } }, messages)
    expect(refused.error.error).toMatchObject({ code: 'invalid-request' })
    expect(refused.error.error.message).toContain('signingKey')
    expect(run).not.toHaveBeenCalled()
    await goesOn({ tools: { pay: { parameters, run } } }, messages)
    expect(run).toHaveBeenCalledTimes(1)
  })

  test('cannot be approved with other arguments than its own', async () => {
    const { options } = paying()
    const first = await asked(options, 500)
    const posed = [{ type: 'tool-approval', id: 'c0', approved: true, input: { amount: 1 } }]
    expect(() => parseMessages(after(first, { role: 'tool', content: posed } as never))).toThrow(
      'input',
    )
  })
})

describe('a tool without run', () => {
  const pickDate = tool({ parameters })

  test('waits for the client, while the others run', async () => {
    const ok = tool({ parameters, run: () => 'ok' })
    const scripts = [calling(['a', 'pickDate'], ['b', 'ok'])]
    const first = await turn(scripts, { tools: { pickDate, ok } })
    expect(first.complete).toMatchObject({
      finishReason: 'tool-calls',
      waiting: [{ id: 'a', name: 'pickDate', for: 'client' }],
    })
    const result = { type: 'tool-result', id: 'a', name: 'pickDate', output: '2026-12-01' } as const
    const messages = after(first, { role: 'tool', content: [result] })
    const second = await turn([saying('See you.')], { tools: { pickDate, ok }, messages })
    expect(second.parts).toEqual([{ type: 'text', text: 'See you.' }])
    expect(second.requests[0]?.messages).toEqual(messages)
  })

  test('behaves as before if no tool runs', async () => {
    const { complete } = await turn([calling(['a', 'pickDate'])], { tools: { pickDate } })
    expect(complete).toMatchObject({ finishReason: 'tool-calls' })
    expect(complete.steps).toBeUndefined()
    expect(complete.waiting).toEqual([{ id: 'a', name: 'pickDate', input: {}, for: 'client' }])
  })
})

test('a user who writes something else instead leaves the calls behind', async () => {
  const { run, options } = paying()
  const messages = after(await asked(options, 500), { role: 'user', content: 'Never mind.' })
  const { parts } = await goesOn(options, messages)
  expect(run).not.toHaveBeenCalled()
  expect(parts).toEqual([{ type: 'text', text: 'Done.' }])
})

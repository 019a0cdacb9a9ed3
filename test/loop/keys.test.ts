import type { Message } from 'sluice'
import { describe, expect, test, vi } from 'vitest'
import { arrangeCalls } from '../../src/wires/call-order.js'
import { after, calling, parameters, saying, turn } from '../support/turns.js'

const history = (message: object, question = 'Hi'): Message[] => [
  { role: 'user', content: question },
  { role: 'assistant', ...message } as Message,
]
const call = (id: string, input: unknown = {}) =>
  ({ type: 'tool-call', id, name: 'f', input }) as const

/** The keys with which the calls of these messages run. */
async function keysOf(messages: readonly Message[]): Promise<string[]> {
  const keys: string[] = []
  const run = (_input: object, { key }: { key: string }) => keys.push(key)
  await turn([saying('Done.')], { tools: { f: { parameters, run } }, messages })
  return keys
}

describe('the key of a call', () => {
  test('differs between calls of two steps with one id, and is the same when they come back', async () => {
    const keys: string[] = []
    const run = (_input: object, { key }: { key: string }) => keys.push(key)
    const tools = { f: { parameters, run } }
    const scripts = [calling(['a', 'f']), calling(['a', 'f']), calling(['a', 'f'])]
    const first = await turn(scripts, { tools, maxSteps: 3 })
    const { id } = first
    expect(keys).toEqual([`${id}/a`, `${id}/a/1`])
    await turn([saying('Done.')], { tools, messages: after(first) })
    expect(keys.at(-1)).toBe(`${id}/a/2`)
  })

  test('is not that of another call whose id looks like it', async () => {
    const keys = await keysOf(history({ id: 'm', content: [call('a'), call('a'), call('a/1')] }))
    expect(new Set(keys).size).toBe(3)
    const other = await keysOf(history({ id: 'm/a', content: [call('1')] }))
    expect(keys).not.toContain(other[0])
  })

  test('without a message id is that of the conversation, and survives JSON', async () => {
    const content = [call('functions.f:0', { b: 1, a: 2 })]
    const image = { type: 'image', data: new Uint8Array([1, 2]) } as const
    const messages: Message[] = [
      { role: 'user', content: [image] },
      { role: 'assistant', content },
    ]
    const [key] = await keysOf(messages)
    const stored = messages.map((message) =>
      message.role === 'user'
        ? { ...message, content: [{ type: 'image', data: 'AQI=' }] }
        : { content: [call('functions.f:0', { a: 2, b: 1 })], role: 'assistant' },
    ) as Message[]
    expect(await keysOf(stored)).toEqual([key])
    const others = [
      history({ content }),
      history({ content }, 'Hello'),
      [...history({ content: 'Hm.' }), ...history({ content })],
    ]
    const keys = (await Promise.all(others.map(keysOf))).flat()
    expect(new Set([key, ...keys]).size).toBe(4)
  })
})

describe('calls with one id in one step', () => {
  const messagesOf = (calls: readonly [object, string | undefined][]) => {
    const content = calls.map(([input]) => call('a', input))
    const results = calls.flatMap(([, output]) =>
      output === undefined ? [] : [{ type: 'tool-result', id: 'a', name: 'f', output } as const],
    )
    return history({ content: [...content, ...results] })
  }

  test('run one after the other, so that each gets its own result', async () => {
    const order: string[] = []
    const run = async ({ at }: { at: number }) => {
      order.push(`begin ${at}`)
      for (let turns = at === 1 ? 5 : 0; turns > 0; turns--) await new Promise(setImmediate)
      order.push(`end ${at}`)
      return at
    }
    const scripts = [calling(['a', 'f', { at: 1 }], ['a', 'f', { at: 2 }]), saying('Done.')]
    const { parts } = await turn(scripts, { tools: { f: { parameters, run } } })
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2'])
    expect(parts.slice(2, 4)).toMatchObject([{ output: 1 }, { output: 2 }])
  })

  test('wait behind one that waits, and none runs twice', async () => {
    const run = vi.fn(({ at }: { at: number }) => at)
    const approve = ({ at }: { at: number }) => at === 1
    const options = {
      tools: { f: { parameters, run, approve } },
      signingKey: 'a key of at least sixteen characters',
    }
    const scripts = [calling(['a', 'f', { at: 1 }], ['a', 'f', { at: 2 }])]
    const first = await turn(scripts, options)
    expect(run).not.toHaveBeenCalled()
    expect(first.complete.waiting).toMatchObject([{ for: 'approval' }, { for: 'steps' }])
    const approval = { type: 'tool-approval', id: 'a', approved: true } as const
    const messages = after(first, { role: 'tool', content: [approval] })
    const { parts } = await turn([saying('Done.')], { ...options, messages })
    expect(run.mock.calls.map(([{ at }]) => at)).toEqual([1, 2])
    expect(parts).toMatchObject([{ output: 1 }, { output: 2 }, { text: 'Done.' }])
  })

  test('are sent with their own results', () => {
    const pairs = (messages: Message[]) => {
      let count = 0
      const [step, results] = arrangeCalls(messages, () => `id${count++}`).slice(-2)
      const calls = (step?.content ?? []) as readonly { input: object }[]
      const answers = (results?.content ?? []) as readonly { output: string }[]
      return calls.map(({ input }, at) => [input, answers[at]?.output])
    }
    expect(
      pairs(
        messagesOf([
          [{ at: 1 }, 'one'],
          [{ at: 2 }, 'two'],
        ]),
      ),
    ).toEqual([
      [{ at: 1 }, 'one'],
      [{ at: 2 }, 'two'],
    ])
    expect(
      pairs(
        messagesOf([
          [{ at: 1 }, 'one'],
          [{ at: 2 }, undefined],
        ]),
      ),
    ).toEqual([[{ at: 1 }, 'one']])
    // Of an earlier step that was left behind, the call has no result.
    const left = [
      ...history({ content: [call('a', { at: 0 })] }),
      ...messagesOf([[{ at: 1 }, 'one']]),
    ]
    expect(pairs(left)).toEqual([[{ at: 1 }, 'one']])
  })
})

describe('a call of a tool with once', () => {
  test('does not run again for a reader that missed the result, and onUncertain decides', async () => {
    const run = vi.fn(() => 'paid')
    const tools = { f: { parameters, run, once: true } }
    const first = await turn([calling(['a', 'f']), saying('Done.')], { tools })
    const { id } = first
    // The reader was cut off before the result.
    const messages = history({ id, content: [call('a')] })
    const second = await turn([saying('Hm.')], { tools, messages })
    expect(second.parts[0]).toMatchObject({
      isError: true,
      output: expect.stringContaining('not known'),
    })
    const onUncertain = () => ({ output: 'paid' })
    const third = await turn([saying('Hm.')], { tools, messages, onUncertain })
    expect(third.parts[0]).toEqual({ type: 'tool-result', id: 'a', name: 'f', output: 'paid' })
    expect(run).toHaveBeenCalledTimes(1)
  })

  test('runs once if two requests hand it in at the same time', async () => {
    const run = vi.fn(async () => 'paid')
    const tools = { f: { parameters, run, once: true, validate: async (input: object) => input } }
    const messages = history({ id: 'twice', content: [call('a')] })
    const both = [1, 2].map(() => turn([saying('Done.')], { tools, messages }))
    const outputs = (await Promise.all(both)).map(
      ({ parts }) => (parts[0] as { output: string }).output,
    )
    expect(run).toHaveBeenCalledTimes(1)
    expect(outputs.toSorted()).toEqual([expect.stringContaining('not known'), 'paid'])
  })
})

describe('calls that messages leave open', () => {
  test('end where the model answered in words, also as a string', async () => {
    const run = vi.fn()
    const messages = [
      ...history({ id: 'm', content: [call('a')] }),
      { role: 'assistant', content: 'I will not.' } as Message,
    ]
    await turn([saying('Done.')], { tools: { f: { parameters, run } }, messages })
    expect(run).not.toHaveBeenCalled()
  })

  test('of a tool of the client can be refused', async () => {
    const messages = [
      ...history({ id: 'm', content: [call('a')] }),
      { role: 'tool', content: [{ type: 'tool-approval', id: 'a', approved: false }] } as Message,
    ]
    const tools = { f: { parameters } }
    const { parts } = await turn([saying('Done.')], { tools, messages, maxSteps: 3 })
    expect(parts).toMatchObject([{ isError: true }, { text: 'Done.' }])
  })
})

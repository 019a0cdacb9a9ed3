// @vitest-environment jsdom

import { act, cleanup, configure, renderHook, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CompleteEvent, StreamEvent } from '../../src/base/events.js'
import type { Message, OutputPart } from '../../src/base/messages.js'
import type { WaitingCall } from '../../src/base/typed-calls.js'
import { createChat, StreamError } from '../../src/entries/client.js'
import { parseMessages } from '../../src/entries/index.js'
import { type ChatOptions, useStream } from '../../src/entries/react.js'
import { answer, text } from '../support/answers.js'
import { Remote } from '../support/remote.js'

let remote = new Remote()

beforeEach(() => {
  remote = new Remote()
})

afterEach(cleanup)
// A busy machine is slow.
configure({ asyncUtilTimeout: 8_000 })

const [start, , , complete] = answer('Hello', ' world') as [
  StreamEvent,
  StreamEvent,
  StreamEvent,
  CompleteEvent,
]
const question = { role: 'user', content: 'Hi' } as const

function chat(options: Partial<ChatOptions> = {}) {
  const all = { url: '/ai', fetch: remote.fetch, ...options }
  const hook = renderHook((props: ChatOptions) => useStream(props), {
    initialProps: all,
    reactStrictMode: true,
  })
  return { ...hook, ask: () => act(() => void hook.result.current.send('Hi')) }
}

const calls = (...ids: string[]): OutputPart[] =>
  ids.map((id) => ({ type: 'tool-call', id, name: id.slice(0, -1), input: { of: id } }))

/** The content events and the end of an answer that leaves calls. */
function leaves(content: readonly OutputPart[], waiting: Record<string, WaitingCall['for']>) {
  const events = content.map((part, index) => toEvent(part, index))
  const left = Object.entries(waiting).map(([id, reason]): WaitingCall => {
    return { id, name: id.slice(0, -1), input: { of: id }, for: reason }
  })
  const message = { id: 's', role: 'assistant', content } as const
  const end = { ...complete, message, finishReason: 'tool-calls', waiting: left } as const
  return [...events, end] as const
}

function toEvent(part: OutputPart, index: number): StreamEvent {
  const input = part.type === 'tool-call' ? { input: JSON.stringify(part.input) } : {}
  return { ...part, ...input, type: 'content', kind: part.type, index } as StreamEvent
}

const states = (hook: ReturnType<typeof chat>): Record<string, string> =>
  Object.fromEntries(hook.result.current.calls.map(({ id, state }) => [id, state]))

describe('the tools of a page', () => {
  test('a call that waits for the page is answered once, and the results are sent together', async () => {
    const pickDate = vi.fn(async ({ of }) => ({ day: of }))
    const broken = vi.fn(() => {
      throw new RangeError('No dates.')
    })
    const hook = chat({ tools: { pick: pickDate, broken } })
    hook.ask()
    const content = calls('pick1', 'broken1', 'pick2')
    const waiting = { pick1: 'client', broken1: 'client', pick2: 'client' } as const
    remote.last.begin().send(start, ...leaves(content, waiting))
    await waitFor(() => expect(remote.exchanges).toHaveLength(2))
    expect(pickDate.mock.calls.map(([input]) => input)).toEqual([{ of: 'pick1' }, { of: 'pick2' }])
    expect(broken).toHaveBeenCalledTimes(1)
    const result = { type: 'tool-result' }
    expect(remote.last.json).toMatchObject({
      messages: [
        question,
        { id: 's', role: 'assistant', content },
        {
          role: 'tool',
          content: [
            { ...result, id: 'pick1', name: 'pick', output: { day: 'pick1' } },
            { ...result, id: 'broken1', name: 'broken', output: 'No dates.', isError: true },
            { ...result, id: 'pick2', name: 'pick', output: { day: 'pick2' } },
          ],
        },
      ],
    })
    expect(states(hook)).toEqual({ pick1: 'done', broken1: 'failed', pick2: 'done' })
    remote.last.begin().send(start, text('On Friday.'), complete)
    await waitFor(() => expect(hook.result.current.status).toBe('idle'))
    expect(remote.exchanges).toHaveLength(2)
    expect(hook.result.current.messages).toHaveLength(4)
  })

  test('a tool that runs on the server, or is inherited, is left alone', async () => {
    const weather = vi.fn()
    const hook = chat({ tools: { weather } })
    hook.ask()
    const content = calls('weather1', 'toString1')
    remote.last.begin().send(start, ...leaves(content, { weather1: 'steps', toString1: 'client' }))
    await waitFor(() => expect(hook.result.current.status).toBe('idle'))
    expect(weather).not.toHaveBeenCalled()
    expect(remote.exchanges).toHaveLength(1)
    expect(hook.result.current.calls).toMatchObject([
      { id: 'weather1', state: 'waiting', for: 'steps' },
      { id: 'toString1', state: 'waiting', for: 'client' },
    ])
  })

  test('a page that is loaded again knows what each call waits for', async () => {
    const hook = chat({})
    hook.ask()
    const waiting = { pick1: 'client', mail1: 'approval', weather1: 'steps' } as const
    remote.last.begin().send(start, ...leaves(calls('pick1', 'mail1', 'weather1'), waiting))
    await waitFor(() => expect(hook.result.current.status).toBe('idle'))
    const stored = JSON.parse(JSON.stringify(hook.result.current.messages)) as Message[]
    const reloaded = createChat({ url: '/ai', fetch: remote.fetch, initialMessages: stored })
    for (const { getState } of [reloaded, { getState: () => hook.result.current }]) {
      const reasons = getState().calls.map((call) => [call.id, call.for])
      expect(Object.fromEntries(reasons)).toEqual(waiting)
    }
    // What the reader of the page cannot approve stays as it is.
    expect(reloaded.approve('pick1', true)).toBe(false)
    expect(reloaded.approve('mail1', true)).toBe(true)
    reloaded.destroy()
  })

  test('a result that is no JSON is an error, and nothing is one that is', async () => {
    const hook = chat({ tools: { big: () => 10n, none: () => undefined } })
    hook.ask()
    const waiting = { big1: 'client', none1: 'client' } as const
    remote.last.begin().send(start, ...leaves(calls('big1', 'none1'), waiting))
    await waitFor(() => expect(remote.exchanges).toHaveLength(2))
    const { messages } = remote.last.json as { messages: { content: unknown[] }[] }
    expect(messages.at(-1)?.content).toMatchObject([
      { id: 'big1', isError: true },
      { id: 'none1', output: null },
    ])
  })

  test('a reload runs the tools of the calls that the messages leave open, once', async () => {
    const pick = vi.fn(() => 'Friday')
    const left = { role: 'assistant', content: calls('pick1') } as const
    chat({ tools: { pick }, initialMessages: [question, left] })
    await waitFor(() => expect(remote.exchanges).toHaveLength(1))
    expect(pick).toHaveBeenCalledTimes(1)
    expect(() => parseMessages(remote.last.json)).not.toThrow()
  })

  test('stop() and unmounting abort a tool, and nothing is sent', async () => {
    const signals: AbortSignal[] = []
    const finish: (() => void)[] = []
    const pick = (_input: unknown, { signal }: { signal: AbortSignal }) => {
      signals.push(signal)
      return new Promise<string>((resolve) => finish.push(() => resolve('Friday')))
    }
    for (const leave of ['stop', 'unmount'] as const) {
      const hook = chat({ tools: { pick } })
      hook.ask()
      remote.last.begin().send(start, ...leaves(calls('pick1'), { pick1: 'client' }))
      await waitFor(() => expect(states(hook)).toEqual({ pick1: 'running' }))
      if (leave === 'stop') act(() => hook.result.current.stop())
      else hook.unmount()
      await act(async () => finish.at(-1)?.())
      expect(signals.at(-1)?.aborted).toBe(true)
      if (leave === 'stop') expect(states(hook)).toEqual({ pick1: 'waiting' })
    }
    expect(signals).toHaveLength(2)
    expect(remote.exchanges).toHaveLength(2)
  })

  test('a message of the user closes the calls that nobody has answered', async () => {
    const hook = chat()
    hook.ask()
    remote.last.begin().send(start, ...leaves(calls('pick1'), { pick1: 'client' }))
    await waitFor(() => expect(states(hook)).toEqual({ pick1: 'waiting' }))
    act(() => void hook.result.current.send('Never mind.'))
    expect(states(hook)).toEqual({ pick1: 'failed' })
    expect(() => parseMessages(remote.last.json)).not.toThrow()
  })

  test.each([[[]], [{ pick: 'now' }]])('rendering throws for the tools %j', (tools) => {
    const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(() => chat({ tools } as never)).toThrow('Option "tools')
    silent.mockRestore()
  })
})

describe('approvals', () => {
  test('are sent once all calls that wait have an answer, with the results of the page', async () => {
    const hook = chat({ tools: { pick: () => 'Friday' } })
    hook.ask()
    const content = calls('refund1', 'refund2', 'pick1')
    const waiting = { refund1: 'approval', refund2: 'approval', pick1: 'client' } as const
    remote.last.begin().send(start, ...leaves(content, waiting))
    await waitFor(() => expect(states(hook)).toMatchObject({ refund1: 'waiting', pick1: 'done' }))
    let given: boolean[] = []
    act(() => {
      const { approve } = hook.result.current
      given = [approve('refund2', false, 'Too much.'), approve('pick1', true), approve('x', true)]
    })
    expect(given).toEqual([true, false, false])
    expect(remote.exchanges).toHaveLength(1)
    expect(hook.result.current.calls[1]).toMatchObject({ state: 'waiting', approved: false })
    act(() => void hook.result.current.approve('refund1', true))
    expect(remote.exchanges).toHaveLength(2)
    const { messages } = remote.last.json as { messages: unknown[] }
    expect(messages.at(-1)).toMatchObject({
      role: 'tool',
      content: [
        { type: 'tool-approval', id: 'refund1', approved: true },
        { type: 'tool-approval', id: 'refund2', approved: false, reason: 'Too much.' },
        { type: 'tool-result', id: 'pick1', name: 'pick', output: 'Friday' },
      ],
    })
    expect(states(hook)).toMatchObject({ refund1: 'running', pick1: 'done' })
    expect(hook.result.current.approve('refund1', true)).toBe(false)

    const results = [
      { type: 'tool-result', id: 'refund1', name: 'refund', output: 'paid' },
      { type: 'tool-result', id: 'refund2', name: 'refund', output: 'No.', isError: true },
    ] as const
    const whole = { ...complete, message: { role: 'assistant', content: results } } as const
    remote.last.begin().send(start, ...results.map(toEvent), whole)
    await waitFor(() => expect(hook.result.current.status).toBe('idle'))
    expect(states(hook)).toEqual({ refund1: 'done', refund2: 'failed', pick1: 'done' })
  })

  test('are possible after a reload', async () => {
    const left = { role: 'assistant', content: calls('refund1') } as const
    const hook = chat({ initialMessages: [question, left] })
    expect(states(hook)).toEqual({ refund1: 'waiting' })
    act(() => void hook.result.current.approve('refund1', true))
    expect(remote.exchanges).toHaveLength(1)
  })

  test('go with the results that the page sends by itself', async () => {
    const hook = chat()
    hook.ask()
    const waiting = { refund1: 'approval', pick1: 'client' } as const
    remote.last.begin().send(start, ...leaves(calls('refund1', 'pick1'), waiting))
    await waitFor(() => expect(hook.result.current.status).toBe('idle'))
    act(() => void hook.result.current.approve('refund1', true))
    expect(remote.exchanges).toHaveLength(1)
    const result = { type: 'tool-result', id: 'pick1', name: 'pick', output: 'Friday' } as const
    act(() => void hook.result.current.send({ role: 'tool', content: [result] }))
    const { messages } = remote.last.json as { messages: unknown[] }
    expect(messages.slice(2)).toMatchObject([
      { role: 'tool', content: [{ type: 'tool-approval', id: 'refund1', approved: true }] },
      { role: 'tool', content: [result] },
    ])
  })
})

describe('calls of a turn', () => {
  test('are called, running with a preliminary result, and done or failed', async () => {
    const hook = chat()
    hook.ask()
    const call = { type: 'content', index: 0, kind: 'tool-call', id: 'a', name: 'f' } as const
    remote.last.begin().send(start, { ...call, input: '{"x":' })
    await waitFor(() => expect(states(hook)).toEqual({ a: 'called' }))
    remote.last.send({ ...call, input: '1}' })
    await waitFor(() => expect(states(hook)).toEqual({ a: 'running' }))
    expect(hook.result.current.calls[0]?.input).toEqual({ x: 1 })
    const result = { type: 'content', index: 1, kind: 'tool-result', id: 'a', name: 'f' } as const
    remote.last.send({ ...result, output: 'early', preliminary: true })
    await waitFor(() => expect(hook.result.current.calls[0]?.output).toBe('early'))
    expect(states(hook)).toEqual({ a: 'running' })
    remote.last.send({ ...result, output: 'late', isError: true })
    await waitFor(() => expect(states(hook)).toEqual({ a: 'failed' }))
    expect(hook.result.current.calls[0]?.output).toBe('late')
  })

  test('messages of another shape have none', () => {
    const odd = [{ role: 'user' }, { role: 'assistant', content: [null, 1, 'x'] }, question]
    const hook = chat({ initialMessages: odd as never })
    expect(hook.result.current.calls).toEqual([])
  })

  test('a retry keeps what tools have returned in an answer that broke off', async () => {
    const hook = chat()
    hook.ask()
    const result: OutputPart = { type: 'tool-result', id: 'f1', name: 'f', output: 1 }
    const kept = [...calls('f1'), result]
    const partial = {
      role: 'assistant',
      content: [...kept, { type: 'text', text: 'Half' }],
    } as const
    const error = new StreamError('network', 'x')
    remote.last.begin().send(start, { type: 'error', error, partial, attempts: 1 })
    await waitFor(() => expect(hook.result.current.status).toBe('error'))
    expect(states(hook)).toEqual({ f1: 'done' })
    act(() => void hook.result.current.retry())
    expect(remote.last.json).toMatchObject({
      messages: [question, { role: 'assistant', content: kept }],
    })
    expect(() => parseMessages(remote.last.json)).not.toThrow()
  })
})

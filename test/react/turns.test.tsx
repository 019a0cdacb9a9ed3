// @vitest-environment jsdom

/**
 * `useStream()` with a route that runs tools, in memory.
 */

import { act, cleanup, configure, renderHook, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { Message } from '../../src/base/messages.js'
import type { Tool } from '../../src/base/tools.js'
import { createStream, StreamError, sse, tool, toResponse } from '../../src/entries/index.js'
import { useStream } from '../../src/entries/react.js'
import { type ScriptStep, scripted } from '../../src/entries/testing.js'

afterEach(cleanup)
// A busy machine is slow.
configure({ asyncUtilTimeout: 8_000 })

const parameters = { type: 'object' } as const

function calls(...made: [id: string, name: string, input: object][]): ScriptStep[] {
  const events = made.map(([id, name, input], index) => {
    const about = { type: 'content', index, kind: 'tool-call', id, name } as const
    return { ...about, input: JSON.stringify(input) }
  })
  return [...events, { finishReason: 'tool-calls', usage: {} }]
}

/** @param scripts - the answers of the model, one for each request to it */
function page(scripts: ScriptStep[][], tools: Record<string, Tool>, own: object = {}) {
  const asked: (readonly Message[])[] = []
  const driver: Driver = {
    provider: 'p',
    model: 'm',
    stream(request, context) {
      const script = scripts[asked.length] ?? []
      asked.push(request.messages ?? [])
      return scripted(script).stream(request, context)
    },
  }
  const sent: string[] = []
  const fetch = async (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    const body = init.body as string
    sent.push(body)
    const { messages } = JSON.parse(body) as { messages: Message[] }
    const signingKey = 'a key of sixteen characters'
    const retry = { maxRetries: 0 }
    return toResponse(createStream({ driver, messages, tools, signingKey, retry }), sse())
  }
  const hook = renderHook(() => useStream({ url: '/ai', fetch, ...own }), {
    reactStrictMode: true,
  })
  return { now: () => hook.result.current, asked, sent }
}

test('a turn of the server, the page and a person ends in one conversation', async () => {
  const weather = vi.fn(() => 'clear')
  const pay = vi.fn(({ amount }) => `paid ${amount}`)
  const pick = vi.fn(() => 'Friday')
  const tools = {
    weather: tool({ parameters, run: weather }),
    pay: tool({ parameters, approve: true, once: true, run: pay }),
    pick: tool({ parameters }),
  }
  const scripts = [
    calls(['a', 'weather', {}], ['b', 'pay', { amount: 5 }], ['c', 'pick', {}]),
    ['All done.'],
  ]
  const { now, asked, sent } = page(scripts, tools, { tools: { pick } })
  act(() => void now().send('Plan it.'))
  await waitFor(() =>
    expect(now().calls).toMatchObject([
      { id: 'a', state: 'done', output: 'clear' },
      { id: 'b', state: 'waiting', for: 'approval', input: { amount: 5 } },
      { id: 'c', state: 'done', output: 'Friday' },
    ]),
  )
  expect(sent).toHaveLength(1)
  act(() => void now().approve('b', true))
  await waitFor(() =>
    expect(now().messages.at(-1)?.content).toMatchObject([
      { type: 'tool-result', id: 'b', output: 'paid 5' },
      { type: 'text', text: 'All done.' },
    ]),
  )
  await waitFor(() => expect(now().status).toBe('idle'))
  expect(now().calls.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
  for (const ran of [weather, pay, pick]) expect(ran).toHaveBeenCalledTimes(1)
  expect(sent).toHaveLength(2)
  expect(asked).toHaveLength(2)
})

test('a call whose arguments were changed on the page does not run', async () => {
  const pay = vi.fn()
  const tools = { pay: tool({ parameters, approve: true, run: pay }) }
  const forged = (messages: readonly Message[]) => ({
    messages: JSON.parse(JSON.stringify(messages).replace('"amount":5', '"amount":5000')),
  })
  const { now } = page([calls(['b', 'pay', { amount: 5 }])], tools, { body: forged })
  act(() => void now().send('Pay.'))
  await waitFor(() => expect(now().calls).toMatchObject([{ state: 'waiting' }]))
  act(() => void now().approve('b', true))
  await waitFor(() => expect(now().status).toBe('error'))
  expect(now().error).toMatchObject({ code: 'invalid-request' })
  expect(pay).not.toHaveBeenCalled()
})

test('a retry after a failed second step runs no tool again', async () => {
  const pay = vi.fn(() => 'paid')
  const tools = { pay: tool({ parameters, run: pay }) }
  const scripts: ScriptStep[][] = [
    calls(['b', 'pay', {}]),
    ['Half', new StreamError('network', 'Cut.')],
    ['Done.'],
  ]
  const { now, asked } = page(scripts, tools)
  act(() => void now().send('Pay.'))
  await waitFor(() => expect(now().status).toBe('error'))
  act(() => void now().retry())
  await waitFor(() => expect(now().status).toBe('idle'))
  expect(pay).toHaveBeenCalledTimes(1)
  expect(asked).toHaveLength(3)
  expect(JSON.stringify(asked[2])).toContain('paid')
  expect(JSON.stringify(now().messages)).not.toContain('Half')
  expect(now().calls).toMatchObject([{ id: 'b', state: 'done', output: 'paid' }])
})

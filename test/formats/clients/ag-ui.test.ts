/**
 * `agUi()` as `HttpAgent` of `@ag-ui/client` reads it.
 */

import {
  type AgentSubscriber,
  type BaseEvent,
  EventType,
  HttpAgent,
  type Message,
  type RunAgentResult,
} from '@ag-ui/client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { agUi } from '../../../src/entries/formats.js'
import { closedAfter, openRoute } from './route.js'

// The client tells of what it strips or refuses on the console: nothing of ours may be among it.
let complaints: string[] = []
beforeEach(() => {
  complaints = []
  for (const method of ['warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => {
      // The response writer prints failures for developers.
      if (!String(words[0]).startsWith('sluice: ')) complaints.push(words.join(' '))
    })
  }
})
afterEach(() => void vi.restoreAllMocks())

interface Ran {
  agent: HttpAgent
  /** Each event that came, oldest first. */
  events: (BaseEvent & Record<string, unknown>)[]
  /** The text that the assistant's last message was shown with, at each change. */
  texts: string[]
  result: Promise<RunAgentResult>
}

const history: Message[] = [
  { id: 'u1', role: 'user', content: 'Hi' },
  { id: 'a1', role: 'assistant', content: 'Hello.' },
  { id: 'u2', role: 'user', content: 'And now?' },
]

function run(
  url: string,
  subscriber: AgentSubscriber = {},
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Ran {
  const agent = new HttpAgent({ url, fetch, threadId: 't', initialMessages: history })
  const events: Ran['events'] = []
  const texts: string[] = []
  const result = agent.runAgent(
    { runId: 'r' },
    {
      onEvent: ({ event }) => void events.push(event),
      onMessagesChanged: ({ messages }) => {
        const last = messages.at(-1)
        if (typeof last?.content === 'string') texts.push(`${last.role}: ${last.content}`)
      },
      ...subscriber,
    },
  )
  // Where a test looks at the events first.
  result.catch(() => {})
  return { agent, events, texts, result }
}

/** The client cancels a body that has failed, and throws what that rejects with where nobody can catch it. */
async function fetchWithoutRethrow(
  url: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const response = await fetch(url, init)
  const reader = response.body?.getReader()
  const { body } = response
  if (reader === undefined || body === null) return response
  Object.assign(reader, { cancel: () => Promise.resolve() })
  Object.assign(body, { getReader: () => reader })
  return response
}

/** With all that the request holds, as a route would do. */
function whole({ threadId, runId, messages }: Record<string, unknown>): ReturnType<typeof agUi> {
  return agUi({ threadId, runId, messages } as Parameters<typeof agUi>[0])
}

const typesOf = (events: readonly BaseEvent[]): string[] => [
  ...new Set(events.map(({ type }) => type as string)),
]

describe('HttpAgent', () => {
  test('builds reasoning and message, and is told the usage', async () => {
    const answer = { reasoning: 'Hm, well.', text: 'Hello there, you.' }
    await using route = await openRoute(answer, whole)
    const { agent, events, result } = run(route.url)
    const { newMessages } = await result
    expect(newMessages).toMatchObject([
      { role: 'reasoning', content: 'Hm, well.' },
      { role: 'assistant', content: 'Hello there, you.' },
    ])
    expect(agent.messages).toHaveLength(5)
    expect(events[0]).toMatchObject({ type: 'RUN_STARTED', threadId: 't', runId: 'r' })
    expect(events.at(-1)).toMatchObject({
      type: 'RUN_FINISHED',
      threadId: 't',
      runId: 'r',
      outcome: { type: 'success' },
      usage: [{ provider: 'compatible', model: 'm', outputTokens: expect.any(Number) }],
      metadata: { finishReason: 'stop' },
    })
    expect(complaints).toEqual([])
  })

  test('takes back what a restart voids, reasoning too, and keeps the history', async () => {
    const cut = {
      reasoning: 'Wrong thoughts',
      text: 'Wrong words that go away',
      fault: { kind: 'cut', afterEvents: 7 },
    } as const
    const right = { reasoning: 'Right thoughts.', text: 'Right.' }
    await using route = await openRoute([cut, right], whole)
    const { agent, events, texts, result } = run(route.url)
    await result
    expect(texts.some((text) => text.startsWith('assistant: Wrong'))).toBe(true)
    expect(agent.messages).toMatchObject([
      ...history,
      { role: 'reasoning', content: 'Right thoughts.' },
      { role: 'assistant', content: 'Right.' },
    ])
    expect(agent.messages).toHaveLength(5)
    const retry = events.find(({ type }) => type === EventType.CUSTOM)
    expect(retry).toMatchObject({
      name: 'retry',
      value: { attempt: 2, mode: 'restart', error: { retryable: true } },
    })
    expect(complaints).toEqual([])
  })

  test('forgets a call that a restart voids', async () => {
    const calls = [{ id: 'c1', name: 'weather', input: { city: 'Wien, Graz, Linz' } }]
    const cut = { toolCalls: calls, fault: { kind: 'cut', afterEvents: 4 } } as const
    await using route = await openRoute([cut, 'No call.'], whole)
    let pending: string[] | undefined
    const { agent, events, result } = run(route.url, {
      onRunFinishedEvent: (params) => {
        pending = params.outcome === 'success' ? params.pendingToolCallIds : undefined
      },
    })
    await result
    expect(typesOf(events)).toContain('TOOL_CALL_START')
    expect(agent.messages).toMatchObject([...history, { role: 'assistant', content: 'No call.' }])
    expect(agent.messages).toHaveLength(4)
    expect(pending).toEqual([])
    expect(complaints).toEqual([])
  })

  test('without the messages of the request ends the run where a restart would take back', async () => {
    const cut = { text: 'Wrong words', fault: { kind: 'cut', afterEvents: 3 } } as const
    await using route = await openRoute([cut, 'Right.'], () => agUi())
    const { events, result } = run(route.url)
    await result
    expect(events.at(-1)).toMatchObject({
      type: 'RUN_ERROR',
      code: 'retracted',
      message: 'The answer was restarted. Try again.',
    })
    expect(complaints).toEqual([])
  })

  test('says nothing of a retry before content but that it happened', async () => {
    const refused = { fault: { kind: 'status', status: 503 } } as const
    await using route = await openRoute([refused, 'Right.'], () => agUi())
    const { agent, events, result } = run(route.url)
    await result
    expect(agent.messages.at(-1)).toMatchObject({ content: 'Right.' })
    expect(typesOf(events)).not.toContain('MESSAGES_SNAPSHOT')
  })

  test('makes a call, and names it as one that waits for a result', async () => {
    const call = {
      reasoning: 'Weather?',
      toolCalls: [{ id: 'c1', name: 'weather', input: { city: 'Wien' } }],
    }
    await using route = await openRoute(call, whole)
    let pending: string[] | undefined
    const { agent, result } = run(route.url, {
      onRunFinishedEvent: (params) => {
        pending = params.outcome === 'success' ? params.pendingToolCallIds : undefined
      },
    })
    await result
    expect(agent.messages.at(-1)).toMatchObject({
      role: 'assistant',
      toolCalls: [{ id: 'c1', function: { name: 'weather', arguments: '{"city":"Wien"}' } }],
    })
    expect(pending).toEqual(['c1'])
    expect(complaints).toEqual([])
  })

  test('is told of a failure after content in public words', async () => {
    const body = { error: { message: 'sk-secret', type: 'server_error' } }
    const failing = {
      text: 'Half an answer',
      fault: { kind: 'error', afterEvents: 3, body },
    } as const
    await using route = await openRoute(failing, whole, { retry: false })
    let told: unknown
    const { events, result } = run(route.url, {
      onRunErrorEvent: ({ event }) => void (told = event),
    })
    await result
    expect(told).toMatchObject({ code: 'server', message: 'The model had an internal error.' })
    expect(JSON.stringify(events)).not.toContain('sk-secret')
    expect(complaints).toEqual([])
  })

  test('fails with a status where the format gives one', async () => {
    const refused = { fault: { kind: 'status', status: 429 } } as const
    const early = (): ReturnType<typeof agUi> => agUi({ earlyStatus: true })
    await using route = await openRoute(refused, early, { retry: false })
    await expect(run(route.url).result).rejects.toMatchObject({
      status: 429,
      payload: { error: { code: 'rate-limit' } },
    })
  })

  test("closes the provider's socket when it is aborted", async () => {
    await using route = await openRoute('word '.repeat(500), whole, { paceMs: 5 })
    const { agent, texts, result } = run(route.url)
    await vi.waitFor(() => expect(texts.at(-1)).toContain('word word'))
    expect(await closedAfter(route, () => agent.abortRun())).toBeLessThan(2_000)
    await result
  })

  test('knows an answer that was cancelled at the server from one that is whole', async () => {
    await using route = await openRoute('word '.repeat(500), whole, { paceMs: 5 })
    let outcome: string | undefined
    const { texts, result } = run(route.url, {
      onRunFinishedEvent: (params) => void (outcome = params.outcome),
    })
    await vi.waitFor(() => expect(texts.at(-1)).toContain('word word'))
    route.streams[0]?.cancel()
    await result
    expect(outcome).toBe('cancelled')
    expect(complaints).toEqual([])
  })

  test('fails when the server dies', async () => {
    await using route = await openRoute('word '.repeat(500), whole, { paceMs: 5 })
    const { texts, result } = run(route.url, {}, fetchWithoutRethrow)
    await vi.waitFor(() => expect(texts.at(-1)).toContain('word word'))
    route.die()
    await expect(result).rejects.toThrow(/terminated|closed|network/)
  })

  test('builds a message for each step, and a restart leaves the steps that stand', async () => {
    const ran = vi.fn(() => ({ sky: 'clear' }))
    const pick = { parameters: { type: 'object' } } as const
    const weather = {
      ...pick,
      async *run() {
        yield 'looking'
        await new Promise((resolve) => setTimeout(resolve, 30))
        return ran()
      },
    }
    const call = (id: string, name: string) => ({ id, name, input: { city: 'Wien' } })
    const cut = { text: 'Wrong words', fault: { kind: 'cut', afterEvents: 3 } } as const
    const answers = [
      { reasoning: 'Hm.', text: 'Let me look.', toolCalls: [call('a', 'weather')] },
      cut,
      { text: 'Clear.', toolCalls: [call('b', 'pick')] },
    ]
    await using route = await openRoute(answers, whole, { tools: { weather, pick } })
    let pending: string[] | undefined
    const { agent, events, texts, result } = run(route.url, {
      onRunFinishedEvent: (params) => {
        pending = params.outcome === 'success' ? params.pendingToolCallIds : undefined
      },
    })
    await result
    expect(texts.some((text) => text.startsWith('assistant: Wrong'))).toBe(true)
    expect(agent.messages).toMatchObject([
      ...history,
      { role: 'reasoning', content: 'Hm.' },
      { role: 'assistant', content: 'Let me look.', toolCalls: [{ id: 'a' }] },
      { role: 'tool', toolCallId: 'a', content: '{"sky":"clear"}' },
      { role: 'assistant', content: 'Clear.', toolCalls: [{ id: 'b' }] },
    ])
    expect(agent.messages).toHaveLength(history.length + 4)
    expect(typesOf(events)).toContain('MESSAGES_SNAPSHOT')
    expect(events.find(({ name }) => name === 'preliminary-result')).toMatchObject({
      value: { toolCallId: 'a', output: 'looking' },
    })
    expect(ran).toHaveBeenCalledTimes(1)
    expect(pending).toEqual(['b'])
    expect(complaints).toEqual([])
  })
})

/**
 * `aiSdk()` as `useChat` of the AI SDK reads it.
 */

// The document has to be there before what renders into it.
import { useChat } from '@ai-sdk/react'
import { cleanup, type RenderHookResult, renderHook, waitFor } from '@testing-library/react'
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithToolCalls,
  type UIMessage,
} from 'ai'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { aiSdk, fromUiMessages } from '../../../src/entries/formats.js'
import { window } from '../../support/dom.js'
import { closedAfter, openRoute } from './route.js'

afterEach(cleanup)
afterAll(() => window.close())

type Chat = ReturnType<typeof useChat>
type Options = Parameters<typeof useChat>[0] & { sendAutomaticallyWhen?: unknown }

interface Shown {
  hook: RenderHookResult<Chat, unknown>
  /** All that `onFinish` was told, oldest first. */
  finished: { isAbort: boolean; isError: boolean; isDisconnect: boolean; finishReason?: string }[]
  data: unknown[]
  /** Each text that the assistant's message was shown with. */
  texts: string[]
}

function show(url: string, options: Options = {}): Shown {
  const finished: Shown['finished'] = []
  const data: unknown[] = []
  const texts: string[] = []
  const hook = renderHook(() => {
    const chat = useChat({
      transport: new DefaultChatTransport({ api: url }),
      onFinish: ({ isAbort, isError, isDisconnect, finishReason }) =>
        finished.push({ isAbort, isError, isDisconnect, ...(finishReason && { finishReason }) }),
      onData: (part) => data.push(part),
      ...options,
    })
    const text = textOf(chat.messages.at(-1))
    if (text !== undefined && text !== texts.at(-1)) texts.push(text)
    return chat
  })
  return { hook, finished, data, texts }
}

function textOf(message: UIMessage | undefined): string | undefined {
  if (message?.role !== 'assistant') return undefined
  return message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** Resolves when the answer has ended. */
async function send({ hook }: Shown): Promise<void> {
  await hook.result.current.sendMessage({ text: 'Hi' })
  await waitFor(() => expect(hook.result.current.status).toMatch(/ready|error/))
}

async function shows({ hook }: Shown, text: string): Promise<void> {
  await waitFor(() => expect(textOf(hook.result.current.messages.at(-1))).toContain(text))
}

describe('useChat', () => {
  test('shows reasoning and text as they come, and the usage as metadata', async () => {
    const answer = { reasoning: 'Hm, well.', text: 'Hello there, you.' }
    await using route = await openRoute(answer, () => aiSdk())
    const shown = show(route.url)
    await send(shown)
    const { messages, status } = shown.hook.result.current
    expect(status).toBe('ready')
    expect(messages).toHaveLength(2)
    expect(messages[1]).toMatchObject({
      role: 'assistant',
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: 'Hm, well.', state: 'done' },
        { type: 'text', text: 'Hello there, you.', state: 'done' },
      ],
      metadata: { model: 'm', usage: { outputTokens: expect.any(Number) } },
    })
    expect(shown.finished).toEqual([
      { isAbort: false, isError: false, isDisconnect: false, finishReason: 'stop' },
    ])
  })

  test('takes back what a restart voids, and is told of the retry', async () => {
    const cut = {
      text: 'Wrong words that go away',
      fault: { kind: 'cut', afterEvents: 4 },
    } as const
    await using route = await openRoute([cut, 'Right.'], () => aiSdk(), { paceMs: 20 })
    const shown = show(route.url)
    await send(shown)
    expect(shown.texts.some((text) => text.startsWith('Wrong'))).toBe(true)
    const { messages, status } = shown.hook.result.current
    expect(status).toBe('ready')
    expect(messages[1]?.parts).toEqual([
      { type: 'step-start' },
      { type: 'text', text: 'Right.', state: 'done' },
    ])
    expect(shown.data).toEqual([
      {
        type: 'data-retry',
        transient: true,
        data: {
          attempt: 2,
          maxAttempts: 3,
          delayMs: expect.any(Number),
          mode: 'restart',
          provider: 'compatible',
          model: 'm',
          error: { code: expect.any(String), message: expect.any(String), retryable: true },
        },
      },
    ])
  })

  test('goes on where the model does', async () => {
    const cut = { text: 'One two three', fault: { kind: 'cut', afterEvents: 4 } } as const
    const retry = { minDelayMs: 0, afterContent: 'continue' } as const
    await using route = await openRoute([cut, 'and on.'], () => aiSdk(), { retry })
    const shown = show(route.url)
    await send(shown)
    expect(textOf(shown.hook.result.current.messages[1])).toMatch(/^One .*and on\.$/)
    expect(shown.data).toMatchObject([{ data: { mode: 'continue' } }])
  })

  test('shows a failure after content as an error in public words', async () => {
    const body = { error: { message: 'sk-secret', type: 'server_error' } }
    const failing = {
      text: 'Half an answer',
      fault: { kind: 'error', afterEvents: 3, body },
    } as const
    await using route = await openRoute(failing, () => aiSdk(), { retry: false })
    const shown = show(route.url)
    await send(shown)
    const { error, status, messages } = shown.hook.result.current
    expect(status).toBe('error')
    expect(error?.message).toBe('The model had an internal error.')
    expect(JSON.stringify(messages)).not.toContain('sk-secret')
    expect(shown.finished).toMatchObject([{ isError: true }])
  })

  test('shows the words of the provider when they are exposed, and a status with its sentence', async () => {
    const refused = { fault: { kind: 'status', status: 429 } } as const
    await using early = await openRoute(refused, () => aiSdk({ earlyStatus: true }), {
      retry: false,
    })
    const first = show(early.url)
    await send(first)
    expect(first.hook.result.current.error).toMatchObject({
      message: 'Too many requests. Try again later.',
      statusCode: 429,
    })
    await using late = await openRoute(refused, () => aiSdk({ exposeErrors: true }), {
      retry: false,
    })
    const second = show(late.url)
    await send(second)
    expect(second.hook.result.current.error?.message).toMatch(/compatible.*429|429.*/)
  })

  test("closes the provider's socket when it is stopped", async () => {
    await using route = await openRoute('word '.repeat(500), () => aiSdk(), { paceMs: 5 })
    const shown = show(route.url)
    void send(shown)
    await shows(shown, 'word word')
    expect(await closedAfter(route, () => shown.hook.result.current.stop())).toBeLessThan(2_000)
    await waitFor(() => expect(shown.finished).toMatchObject([{ isAbort: true }]))
    expect(shown.hook.result.current.status).toBe('ready')
  })

  test('knows an answer that was cancelled at the server from one that is whole', async () => {
    await using route = await openRoute('word '.repeat(500), () => aiSdk(), { paceMs: 5 })
    const shown = show(route.url)
    void send(shown)
    await shows(shown, 'word word')
    route.streams[0]?.cancel()
    await waitFor(() => expect(shown.finished).toMatchObject([{ finishReason: 'interrupted' }]))
    const { parts = [] } = shown.hook.result.current.messages[1] ?? {}
    expect(parts.slice(-2)).toMatchObject([
      { type: 'text', state: 'done' },
      { type: 'data-message', data: { status: 'partial' } },
    ])
  })

  test('shows an error when the server dies', async () => {
    await using route = await openRoute('word '.repeat(500), () => aiSdk(), { paceMs: 5 })
    const shown = show(route.url)
    void send(shown)
    await shows(shown, 'word word')
    route.die()
    await waitFor(() => expect(shown.hook.result.current.status).toBe('error'))
    expect(shown.finished).toMatchObject([{ isError: true }])
  })

  test('calls tools with their arguments, and sends what they answer', async () => {
    const call = {
      toolCalls: [{ id: 'c1', name: 'weather', input: { city: 'Wien', days: [1, 2] } }],
    }
    await using route = await openRoute([call, 'Sunny.'], () => aiSdk(), {
      read: ({ messages }) => fromUiMessages(messages as UIMessage[]),
    })
    const called: unknown[] = []
    const shown: Shown = show(route.url, {
      onToolCall({ toolCall }: { toolCall: { toolCallId: string; input: unknown } }) {
        called.push(toolCall.input)
        void shown.hook.result.current.addToolOutput({
          tool: 'weather',
          toolCallId: toolCall.toolCallId,
          output: 'sun',
        })
      },
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
    })
    await send(shown)
    await shows(shown, 'Sunny.')
    expect(called).toEqual([{ city: 'Wien', days: [1, 2] }])
    const { messages } = shown.hook.result.current
    // The answer goes on in the same message.
    expect(messages).toHaveLength(2)
    expect(messages[1]?.parts).toMatchObject([
      { type: 'step-start' },
      {
        type: 'tool-weather',
        toolCallId: 'c1',
        state: 'output-available',
        input: { city: 'Wien', days: [1, 2] },
        output: 'sun',
      },
      { type: 'step-start' },
      { type: 'text', text: 'Sunny.' },
    ])
  })
})

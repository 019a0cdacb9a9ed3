/**
 * Turns with tools as `useChat` of the AI SDK reads and continues them.
 */

// The document has to be there before what renders into it.
import { useChat } from '@ai-sdk/react'
import { cleanup, renderHook, waitFor } from '@testing-library/react'
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  safeValidateUIMessages,
  type UIMessage,
} from 'ai'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { Message } from '../../../src/base/messages.js'
import { aiSdk, fromUiMessages } from '../../../src/entries/formats.js'
import { ToolError, tool } from '../../../src/entries/index.js'
import { window } from '../../support/dom.js'
import { openRoute } from './route.js'

afterEach(cleanup)
afterAll(() => window.close())

const parameters = { type: 'object' } as const
const read = ({ messages }: Record<string, unknown>): Message[] =>
  fromUiMessages(messages as UIMessage[])

function show(url: string, options: object = {}) {
  const seen: UIMessage[] = []
  const hook = renderHook(() => {
    const chat = useChat({ transport: new DefaultChatTransport({ api: url }), ...options })
    const last = chat.messages.at(-1)
    if (last?.role === 'assistant') seen.push(structuredClone(last))
    return chat
  })
  const chat = () => hook.result.current
  return {
    chat,
    seen,
    parts: () => chat().messages.at(-1)?.parts ?? [],
    async send(text = 'Hi') {
      await chat().sendMessage({ text })
      await waitFor(() => expect(chat().status).toMatch(/ready|error/))
    },
  }
}

const call = (id: string, name: string, input: object) => ({ id, name, input })
const cut = { text: 'Wrong words', fault: { kind: 'cut', afterEvents: 3 } } as const

test('shows steps with preliminary and final results, and a restart removes its own step only', async () => {
  const ran = vi.fn()
  const weather = tool({
    parameters,
    async *run(input) {
      ran(input)
      yield 'looking'
      await new Promise((resolve) => setTimeout(resolve, 60))
      return { sky: 'clear' }
    },
  })
  const lost = tool({
    parameters,
    run: () => {
      throw new ToolError('No such city.')
    },
  })
  const calls = [call('a', 'weather', { city: 'Oslo' }), call('b', 'lost', {})]
  const answers = [{ text: 'Let me look.', toolCalls: calls }, cut, 'Clear.']
  await using route = await openRoute(answers, () => aiSdk(), {
    tools: { weather, lost },
    paceMs: 20,
  })
  const shown = show(route.url)
  await shown.send()
  expect(shown.chat().error).toBeUndefined()
  expect(shown.parts()).toMatchObject([
    { type: 'step-start' },
    { type: 'text', text: 'Let me look.', state: 'done' },
    {
      type: 'tool-weather',
      state: 'output-available',
      input: { city: 'Oslo' },
      output: { sky: 'clear' },
    },
    { type: 'tool-lost', state: 'output-error', errorText: 'No such city.' },
    { type: 'step-start' },
    { type: 'text', text: 'Clear.', state: 'done' },
  ])
  expect(ran).toHaveBeenCalledTimes(1)
  const outputs = shown.seen.flatMap(({ parts }) =>
    parts.flatMap((part) => ('preliminary' in part && part.preliminary ? [part.output] : [])),
  )
  expect(outputs).toContain('looking')
  const wrong = shown.seen.filter(({ parts }) => JSON.stringify(parts).includes('Wrong'))
  expect(wrong.length).toBeGreaterThan(0)
  expect(wrong.every(({ parts }) => JSON.stringify(parts).includes('clear'))).toBe(true)
})

test('several approvals are answered by its own protocol, and the answer continues in the same message', async () => {
  const paid = vi.fn(({ amount }) => `paid ${amount}`)
  const refund = tool({ parameters, approve: true, once: true, run: paid })
  const calls = [call('a', 'refund', { amount: 5 }), call('b', 'refund', { amount: 900 })]
  const answers = [{ toolCalls: calls }, cut, 'Done.']
  await using route = await openRoute(answers, () => aiSdk(), {
    tools: { refund },
    signingKey: 'a key of sixteen characters',
    read,
  })
  const shown = show(route.url, {
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  })
  await shown.send()
  type Asked = { type: string; approval: { id: string }; state: string }
  const asked = (shown.parts() as Asked[]).filter(({ type }) => type === 'tool-refund')
  expect(asked.map(({ state }) => state)).toEqual(['approval-requested', 'approval-requested'])
  expect(paid).not.toHaveBeenCalled()
  const [first, second] = asked as [Asked, Asked]
  await shown.chat().addToolApprovalResponse({ id: first.approval.id, approved: true })
  await shown
    .chat()
    .addToolApprovalResponse({ id: second.approval.id, approved: false, reason: 'Too much.' })
  await waitFor(() => expect(JSON.stringify(shown.parts())).toContain('Done.'))
  await waitFor(() => expect(shown.chat().status).toBe('ready'))
  expect(shown.chat().messages).toHaveLength(2)
  expect(shown.parts()).toMatchObject([
    { type: 'step-start' },
    { type: 'tool-refund', state: 'output-available', output: 'paid 5' },
    { type: 'tool-refund', state: 'output-denied', approval: { approved: false } },
    { type: 'step-start' },
    { type: 'text', text: 'Done.' },
  ])
  expect(paid).toHaveBeenCalledTimes(1)
  const checked = await safeValidateUIMessages({ messages: shown.chat().messages })
  expect(checked.success).toBe(true)
  // The model was told of both, and is again with the next question.
  await shown.send('And?')
  const [last] = route.asked.slice(-1)
  const texts = JSON.stringify(last?.body)
  expect(texts).toContain('paid 5')
  expect(texts).toContain('The user did not allow this call. Reason: Too much.')
})

test('a call whose arguments the page has changed does not run', async () => {
  const paid = vi.fn()
  const refund = tool({ parameters, approve: true, run: paid })
  const answers = [{ toolCalls: [call('a', 'refund', { amount: 5 })] }, 'Done.']
  await using route = await openRoute(answers, () => aiSdk(), {
    tools: { refund },
    signingKey: 'a key of sixteen characters',
    read: (body) => {
      const messages = read(body)
      return JSON.parse(JSON.stringify(messages).replace('"amount":5', '"amount":5000'))
    },
  })
  const shown = show(route.url, {
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  })
  await shown.send()
  const part = shown.parts().at(-1) as { approval?: { id: string } } | undefined
  await shown.chat().addToolApprovalResponse({ id: String(part?.approval?.id), approved: true })
  await waitFor(() => expect(shown.chat().status).toBe('error'))
  expect(paid).not.toHaveBeenCalled()
})

test('a tool of the page and one of the server are answered in one step', async () => {
  const ran = vi.fn(() => 'sun')
  const tools = { weather: tool({ parameters, run: ran }), clock: tool({ parameters }) }
  const calls = [call('a', 'weather', {}), call('b', 'clock', {})]
  await using route = await openRoute([{ toolCalls: calls }, 'Sunny at noon.'], () => aiSdk(), {
    tools,
    read,
  })
  const shown = show(route.url, {
    onToolCall({ toolCall }: { toolCall: { toolCallId: string; toolName: string } }) {
      const { toolCallId, toolName } = toolCall
      if (toolName !== 'clock') return
      void shown.chat().addToolOutput({ tool: 'clock', toolCallId, output: 'noon' })
    },
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
  })
  await shown.send()
  await waitFor(() => expect(JSON.stringify(shown.parts())).toContain('Sunny at noon.'))
  expect(ran).toHaveBeenCalledTimes(1)
  expect(route.asked).toHaveLength(2)
  expect(shown.parts()).toMatchObject([
    { type: 'step-start' },
    { type: 'tool-weather', state: 'output-available', output: 'sun' },
    { type: 'tool-clock', state: 'output-available', output: 'noon' },
    { type: 'step-start' },
    { type: 'text', text: 'Sunny at noon.' },
  ])
})

test('a run that is cut off is said to be uncertain, and is so in the next request', async () => {
  const ran = vi.fn(() => new Promise<never>(() => {}))
  const pay = tool({ parameters, once: true, run: ran })
  const answers = [{ toolCalls: [call('a', 'pay', {})] }, 'Oh.']
  await using route = await openRoute(answers, () => aiSdk(), { tools: { pay }, read })
  const shown = show(route.url)
  void shown.send()
  await vi.waitFor(() => expect(ran).toHaveBeenCalledTimes(1))
  route.streams[0]?.cancel()
  await waitFor(() => expect(shown.chat().status).toBe('ready'))
  expect(shown.parts().at(-2)).toMatchObject({
    type: 'tool-pay',
    state: 'output-error',
    errorText: expect.stringContaining('not known'),
  })
  await shown.send('And?')
  expect(JSON.stringify(route.asked.at(-1)?.body)).toContain('not known')
  expect(ran).toHaveBeenCalledTimes(1)
})

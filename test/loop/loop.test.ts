import {
  createStream,
  type Message,
  StreamError,
  type StreamOptions,
  ToolError,
  tool,
} from 'sluice'
import { scripted } from 'sluice/testing'
import { describe, expect, test, vi } from 'vitest'
import type { CompleteEvent, StreamEvent } from '../../src/base/events.js'
import { collect, outline } from '../support/collect.js'

const parameters = { type: 'object' } as const
const call = (id: string, name: string, input: object = {}, index = 0) =>
  ({ type: 'content', kind: 'tool-call', index, id, name, input: JSON.stringify(input) }) as const
const calls = (...made: readonly ReturnType<typeof call>[]) => [
  ...made.map((each, index) => ({ ...each, index })),
  {
    finishReason: 'tool-calls',
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
  } as const,
]
const says = (text: string) => [
  text,
  { finishReason: 'stop', usage: { inputTokens: 20, outputTokens: 2, totalTokens: 22 } } as const,
]

async function run(script: readonly unknown[], options: Partial<StreamOptions>) {
  const requests: { messages: readonly Message[] }[] = []
  const watched = {
    provider: 'scripted',
    model: 'script',
    stream: (request: never, context: never) => {
      const driver = scripted((script[requests.length] ?? []) as never)
      requests.push(request)
      return driver.stream(request, context)
    },
  }
  const events = await collect(
    createStream({
      driver: watched,
      prompt: 'Hi',
      retry: { minDelayMs: 0, maxDelayMs: 0 },
      ...options,
    }),
  )
  const last = events.at(-1) as CompleteEvent
  return { events, last, requests, kinds: outline(events) }
}

describe('a turn of two steps', () => {
  test('runs the tool with the arguments, and gives the result to the model', async () => {
    const ran: unknown[] = []
    const weather = tool({
      parameters,
      run: (input, { id, key, step, messages }) => {
        ran.push({ input, id, key, step, messages: messages.length })
        return { sky: 'clear' }
      },
    })
    const { last, requests, events } = await run(
      [calls(call('a', 'weather', { city: 'Oslo' })), says('Clear.')],
      { tools: { weather } },
    )
    const { id } = events[0] as { id: string } & StreamEvent
    expect(ran).toEqual([
      { input: { city: 'Oslo' }, id: 'a', key: `${id}/a`, step: 1, messages: 2 },
    ])
    expect(last).toMatchObject({
      type: 'complete',
      text: 'Clear.',
      finishReason: 'stop',
      usage: { inputTokens: 30, outputTokens: 7, totalTokens: 37 },
      attempts: 2,
      message: {
        id,
        role: 'assistant',
        content: [
          { type: 'tool-call', id: 'a', input: { city: 'Oslo' } },
          { type: 'tool-result', id: 'a', output: { sky: 'clear' } },
          { type: 'text', text: 'Clear.' },
        ],
      },
      steps: [
        { finishReason: 'tool-calls', calls: [{ id: 'a', output: { sky: 'clear' } }] },
        { text: 'Clear.', finishReason: 'stop', calls: [] },
      ],
    })
    expect(requests[1]?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'tool-call' }, { type: 'tool-result' }] },
    ])
  })

  test('a failure in the second step restarts that step only', async () => {
    const ran = vi.fn(() => 1)
    const { last, events } = await run(
      [calls(call('a', 'f')), ['Half', new StreamError('network', 'Cut.')], says('Whole.')],
      { tools: { f: { parameters, run: ran } } },
    )
    expect(ran).toHaveBeenCalledTimes(1)
    expect(events.find(({ type }) => type === 'retry')).toMatchObject({
      from: 2,
      step: 2,
      attempt: 2,
      mode: 'restart',
    })
    expect(last).toMatchObject({ text: 'Whole.', attempts: 3 })
    expect(last.message.content).toHaveLength(3)
  })
})

test('a thrown ToolError has its words, another error a fixed sentence', async () => {
  const { last } = await run([calls(call('a', 'f'), call('b', 'g')), says('Oh.')], {
    tools: {
      f: {
        parameters,
        run: () => {
          throw new ToolError('No such city.')
        },
      },
      g: {
        parameters,
        run: () => {
          throw new Error('secret')
        },
      },
    },
  })
  expect(last.message.content).toMatchObject([
    {},
    {},
    { output: 'No such city.', isError: true },
    { output: 'The tool failed.', isError: true },
    {},
  ])
})

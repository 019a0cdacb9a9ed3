/**
 * What was recorded of each wire, in each format, as the reader of that format has it: whatever a provider said reaches every front end.
 */

import { HttpAgent, type Message } from '@ag-ui/client'
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai'
import OpenAI from 'openai'
import { createStream, type Format, ndjson, sse, toResponse } from 'sluice'
import { readStream } from 'sluice/client'
import { agUi, aiSdk, openaiChat } from 'sluice/formats'
import { replay } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { said, wires } from '../../support/cassettes.js'

const { reasoning, text, toolCalls, usage } = said
const { name, input } = toolCalls[0]

describe.each(Object.entries(wires))('%s', (_name, { file, driver }) => {
  /** In chunks that split characters, as a network may. */
  const respond = (format: Format): Promise<Response> => {
    const fetch = replay(file, { faults: [{ kind: 'split', chunkBytes: 61 }] })
    return toResponse(createStream({ driver: driver(fetch), prompt: 'Hello!' }), format)
  }

  test.each([sse, ndjson])('reaches the client of this package', async (format) => {
    const complete = await readStream(await respond(format())).final()
    expect(complete).toMatchObject({ text, finishReason: 'tool-calls', usage })
    expect(complete.message.content).toMatchObject([
      { type: 'reasoning', text: reasoning },
      { type: 'text', text },
      { type: 'tool-call', name, input },
    ])
  })

  test('reaches the AI SDK', async () => {
    const transport = new DefaultChatTransport({ fetch: () => respond(aiSdk()) })
    const stream = await transport.sendMessages({
      chatId: 'c',
      messages: [],
      trigger: 'submit-message',
      messageId: undefined,
      abortSignal: undefined,
    })
    let message: UIMessage | undefined
    for await (const each of readUIMessageStream({ stream })) message = each
    expect(message).toMatchObject({
      metadata: { usage },
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: reasoning, state: 'done' },
        { type: 'text', text, state: 'done' },
        { type: `tool-${name}`, state: 'input-available', input },
      ],
    })
  })

  test('reaches the openai SDK', async () => {
    const fetch = (): Promise<Response> => respond(openaiChat({ includeUsage: true }))
    const client = new OpenAI({ apiKey: 'any', fetch, maxRetries: 0 })
    const runner = client.chat.completions.stream({ model: 'm', messages: [] })
    let thought = ''
    runner.on('chunk', ({ choices }) => {
      thought += (choices[0]?.delta as { reasoning_content?: string })?.reasoning_content ?? ''
    })
    const { choices } = await runner.finalChatCompletion()
    expect(thought).toBe(reasoning)
    expect(choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: { content: text, tool_calls: [{ type: 'function', function: { name } }] },
      },
    ])
    const [call] = choices[0]?.message.tool_calls ?? []
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual(input)
  })

  test('reaches AG-UI', async () => {
    const history: Message[] = [{ id: 'u', role: 'user', content: 'Hello!' }]
    const fetch = (): Promise<Response> => respond(agUi({ messages: history }))
    const agent = new HttpAgent({ url: 'http://x.test/', fetch, initialMessages: history })
    await agent.runAgent()
    const assistant = agent.messages.find(({ role }) => role === 'assistant')
    if (assistant?.role !== 'assistant') return expect.fail('There is no answer.')
    expect(assistant.content).toBe(text)
    const [call] = assistant.toolCalls ?? []
    expect(call?.function.name).toBe(name)
    expect(JSON.parse(call?.function.arguments ?? '')).toEqual(input)
  })
})

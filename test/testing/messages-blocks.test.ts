import Anthropic from '@anthropic-ai/sdk'
import { expect, test } from 'vitest'
import type { CompleteEvent } from '../../src/base/events.js'
import { createStream } from '../../src/core/create-stream.js'
import { anthropic } from '../../src/drivers/anthropic.js'
import type { Answer, AnswerBlock } from '../../src/testing/providers/answer.js'
import { simulatedProvider } from '../../src/testing/providers/simulated-provider.js'

const use = {
  type: 'server_tool_use',
  id: 'srvtoolu_1',
  name: 'web_search',
  input: { query: 'high and low tides' },
}
const found = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [
    {
      type: 'web_search_result',
      url: 'https://a.test/',
      title: 'A',
      encrypted_content: 'e',
      page_age: null,
    },
  ],
}
const citation = {
  type: 'web_search_result_location',
  url: 'https://a.test/',
  title: 'A',
  encrypted_index: 'i',
  cited_text: 'x',
}
const cited = { type: 'text', text: 'Twice a day.', citations: [citation] }
const thought = { type: 'thinking', thinking: 'Now I know.', signature: 'c2ln' }
const compaction = { type: 'compaction', content: 'The user asked.', encrypted_content: null }

const before = (place: AnswerBlock['before'], ...data: AnswerBlock['data'][]): AnswerBlock[] =>
  data.map((each) => ({ before: place, data: each }))

const answer = {
  reasoning: 'Search first.',
  text: 'So',
  blocks: [
    ...before('reasoning', compaction),
    ...before('text', use, found, thought),
    ...before('calls', cited),
  ],
  toolCalls: [{ id: 'toolu_1', name: 'save', input: { a: 1 } }],
  usage: { inputTokens: 9, outputTokens: 5 },
  rawUsage: { server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 } },
} satisfies Answer

test('blocks of Anthropic stand in their places, streamed and whole', async () => {
  const provider = simulatedProvider({ paceMs: 0, answer })
  const client = new Anthropic({ apiKey: 'k', fetch: provider.fetch, maxRetries: 0 })
  const request = {
    model: 'm',
    max_tokens: 9,
    messages: [{ role: 'user' as const, content: 'q' }],
  }
  const streamed = await client.beta.messages.stream(request).finalMessage()
  const whole = await client.beta.messages.create(request)
  const signature = expect.any(String) as string
  const expected = [
    compaction,
    { type: 'thinking', thinking: 'Search first.', signature },
    use,
    found,
    thought,
    { type: 'text', text: 'So' },
    cited,
    { type: 'tool_use', id: 'toolu_1', name: 'save', input: { a: 1 } },
  ]
  expect(JSON.parse(JSON.stringify(streamed.content))).toEqual(expected)
  expect(whole.content).toEqual(expected)
  for (const { usage } of [streamed, whole]) expect(usage).toMatchObject(answer.rawUsage)
})

test('an answer that pauses is continued by what goes back', async () => {
  const provider = simulatedProvider({
    paceMs: 0,
    answer: [
      { text: 'I search.', blocks: before('end', use), finishReason: 'pause_turn' },
      { text: '', blocks: before('text', found, cited) },
      'Bye.',
    ],
  })
  const driver = anthropic({ model: 'claude-opus-5', apiKey: 'k', fetch: provider.fetch })
  const ask = async (messages: object[]): Promise<CompleteEvent> => {
    let last: unknown
    for await (const event of createStream({ driver, messages: messages as never })) last = event
    return last as CompleteEvent
  }
  const question = { role: 'user', content: 'q' }
  const paused = await ask([question])
  expect([paused.finishReason, paused.rawFinishReason]).toEqual(['pause', 'pause_turn'])
  const rest = await ask([question, paused.message])
  expect(provider.requests[1]?.body).toMatchObject({
    messages: [{ role: 'user' }, { role: 'assistant', content: [{ text: 'I search.' }, use] }],
  })
  expect(rest.text).toBe('Twice a day.')
  await ask([question, paused.message, rest.message, { role: 'user', content: 'thanks' }])
  expect(provider.requests[2]?.body).toMatchObject({
    messages: [
      { role: 'user' },
      { role: 'assistant', content: [{ text: 'I search.' }, use, found, cited] },
      { role: 'user' },
    ],
  })
})

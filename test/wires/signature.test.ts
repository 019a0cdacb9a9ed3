import { describe, expect, test } from 'vitest'
import { Accumulator } from '../../src/base/accumulator.js'
import type { ContentEvent } from '../../src/base/events.js'
import type { Message, OutputPart } from '../../src/base/messages.js'
import type { WireDecoder } from '../../src/http/wire-decoder.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { MessagesDecoder } from '../../src/wires/anthropic-messages/response.js'
import { encodeGeminiRequest } from '../../src/wires/gemini/request.js'
import { GeminiDecoder } from '../../src/wires/gemini/response.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { ChatDecoder } from '../../src/wires/openai-chat/response.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'
import { ResponsesDecoder } from '../../src/wires/openai-responses/response.js'
import { makerOf } from '../../src/wires/signature.js'

/** The message that an answer makes, as it comes out of a store. */
function answer(decoder: WireDecoder, ...events: object[]): Message {
  const out: ContentEvent[] = []
  for (const event of events) decoder.decode(JSON.stringify(event), undefined, out)
  const accumulator = new Accumulator()
  for (const event of out) accumulator.add(event)
  return JSON.parse(JSON.stringify(accumulator.message()))
}

const claude = (model = 'claude-sonnet-5-5'): Message =>
  answer(
    new MessagesDecoder('anthropic'),
    { type: 'message_start', message: { model } },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: 'hm' } },
    {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'signature_delta', signature: 'CLAUDE' },
    },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'redacted_thinking', data: 'HIDDEN' },
    },
    { type: 'content_block_start', index: 2, content_block: { type: 'text', text: 'Yes.' } },
  )
const gemini = (): Message =>
  answer(new GeminiDecoder('gemini'), {
    modelVersion: 'gemini-3-pro',
    candidates: [{ content: { parts: [{ text: 'Yes.', thoughtSignature: 'GEMINI' }] } }],
  })
const gpt = (): Message =>
  answer(
    new ResponsesDecoder('openai'),
    { type: 'response.created', response: { model: 'gpt-5.2' } },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { type: 'reasoning', id: 'r', summary: [], encrypted_content: 'GPT' },
    },
    { type: 'response.output_text.delta', output_index: 1, item_id: 'm', delta: 'Yes.' },
  )
const routed = (model: string, detail: object): Message =>
  answer(
    new ChatDecoder('openrouter'),
    {
      model,
      choices: [{ delta: { reasoning: 'hm', reasoning_details: [{ text: 'hm', ...detail }] } }],
    },
    { model, choices: [{ delta: { content: 'Yes.' } }] },
  )
const details = { type: 'reasoning.text', signature: 'CLAUDE', format: 'anthropic-claude-v1' }

const ask = (message: Message) => ({ messages: [message, { role: 'user' as const, content: '?' }] })
const onMessages = (message: Message, model = 'claude-opus-5') =>
  JSON.stringify(encodeMessagesRequest(ask(message), model))
const onGemini = (message: Message) =>
  JSON.stringify(encodeGeminiRequest(ask(message), 'gemini-3-pro'))
const onResponses = (message: Message, model = 'gpt-5.2') =>
  JSON.stringify(encodeResponsesRequest(ask(message), model))
const onRouter = (message: Message, model: string) =>
  JSON.stringify(
    encodeChatRequest(ask(message), model, { traits: { reasoningField: 'reasoning_details' } })
      .messages,
  )

describe('what a provider signed goes back to it', () => {
  test('on the Messages wire', () => {
    const body = encodeMessagesRequest(ask(claude()), 'claude-opus-5') as { messages: object[] }
    expect(body.messages[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'CLAUDE' },
        { type: 'redacted_thinking', data: 'HIDDEN' },
        { type: 'text', text: 'Yes.' },
      ],
    })
  })

  test('on the Gemini and the Responses wires', () => {
    expect(onGemini(gemini())).toContain('"thoughtSignature":"GEMINI"')
    expect(onResponses(gpt())).toContain('"encrypted_content":"GPT"')
  })

  test('from one place that serves Claude to another', () => {
    const bedrock = claude('us.anthropic.claude-sonnet-5-v1:0')
    expect(onMessages(bedrock)).toContain('"signature":"CLAUDE"')
    expect(onMessages(routed('anthropic/claude-sonnet-5', details))).toContain(
      '"signature":"CLAUDE"',
    )
    expect(JSON.parse(onRouter(claude(), 'anthropic/claude-opus-5'))[0]).toEqual({
      role: 'assistant',
      content: 'Yes.',
      reasoning_details: [
        { type: 'reasoning.text', text: 'hm', signature: 'CLAUDE', format: 'anthropic-claude-v1' },
        { type: 'reasoning.encrypted', data: 'HIDDEN', format: 'anthropic-claude-v1' },
      ],
    })
  })

  test('as it came, through OpenRouter', () => {
    const detail = {
      type: 'reasoning.encrypted',
      id: 'r',
      data: 'GPT',
      format: 'openai-responses-v1',
    }
    const message = routed('openai/gpt-5.2', detail)
    expect(JSON.parse(onRouter(message, 'openai/gpt-5.2'))[0].reasoning_details).toEqual([detail])
    expect(onRouter(message, 'google/gemini-3-pro')).not.toContain('GPT')
  })

  test('to a model whose name does not tell who made it', () => {
    expect(onMessages(claude(), 'my-deployment')).toContain('"signature":"CLAUDE"')
    expect(onResponses(gpt(), 'my-deployment')).toContain('"encrypted_content":"GPT"')
  })
})

describe('what a provider signed goes to nobody else', () => {
  test('over another wire', () => {
    for (const body of [
      onGemini(claude()),
      onResponses(claude()),
      onRouter(claude(), 'x-ai/grok-5'),
    ]) {
      expect(body).not.toMatch(/CLAUDE|HIDDEN/)
    }
    for (const body of [onMessages(gemini()), onResponses(gemini())]) {
      expect(body).not.toContain('GEMINI')
    }
    for (const body of [onMessages(gpt()), onGemini(gpt())]) expect(body).not.toContain('GPT')
  })

  test('over the same wire, where another maker speaks it', () => {
    expect(onMessages(claude('MiniMax-M2'))).not.toContain('"CLAUDE"')
    // What signs nothing wants the reasoning all the same.
    expect(onMessages(claude(), 'kimi-k2.5')).toContain('"thinking":"hm","signature":""')
    expect(onResponses(gpt(), 'grok-5')).not.toContain('GPT')
  })
})

test('a signature that does not say who made it is the caller’s own, who has to know', () => {
  const content: OutputPart[] = [
    { type: 'reasoning', text: 'hm', signature: 'OWN=' },
    { type: 'text', text: 'Yes.', signature: 'OWN=' },
  ]
  expect(onMessages({ role: 'assistant', content })).toContain('"signature":"OWN="')
  expect(onGemini({ role: 'assistant', content })).toContain('"thoughtSignature":"OWN="')
})

test('a model’s maker is known by its name', () => {
  for (const [model, maker] of [
    ['claude-opus-5', 'anthropic'],
    ['us.anthropic.claude-sonnet-5-v1:0', 'anthropic'],
    ['models/gemini-3-pro', 'google'],
    ['openai/gpt-5.2', 'openai'],
    ['o4-mini', 'openai'],
    ['codex-mini', 'openai'],
    ['grok-4', 'xai'],
    ['deepseek-v4-pro', 'deepseek'],
    ['MiniMax-M2', 'minimax'],
    ['kimi-k2.5', 'moonshot'],
    ['glm-5', 'zai'],
    ['Qwen/QwQ-32B', 'alibaba'],
    ['sonar-pro', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    expect([model, makerOf(model)]).toEqual([model, maker])
  }
})

describe('reasoning on the chat wire', () => {
  const messages = (model: string, options = {}) =>
    encodeChatRequest(ask(claude()), model, options).messages as Record<string, unknown>[]

  test('is left out for most servers', () => {
    expect(messages('gpt-5.2')[0]).toEqual({ role: 'assistant', content: 'Yes.' })
  })

  test('is there for models that refuse an answer without it, empty if there was none', () => {
    for (const model of [
      'deepseek-v4-pro',
      'moonshotai/kimi-k2.5',
      'mimo-v2.5-pro',
      'xiaomi/mimo-v2-flash',
    ]) {
      expect(messages(model)[0]).toMatchObject({ reasoning_content: 'hm' })
      const plain = ask({ role: 'assistant', content: 'Yes.' })
      expect(encodeChatRequest(plain, model).messages).toMatchObject([
        { reasoning_content: '' },
        {},
      ])
    }
  })

  test('is in the field that the server has for it', () => {
    const reasoningField = 'reasoning_content'
    expect(messages('qwen3', { traits: { reasoningField } })[0]).toMatchObject({
      reasoning_content: 'hm',
    })
  })

  test('is plain text for a model that signs nothing', () => {
    expect(JSON.parse(onRouter(claude(), 'minimax/minimax-m2'))[0].reasoning_details).toEqual([
      { type: 'reasoning.text', text: 'hm' },
    ])
    expect(JSON.parse(onRouter(claude(), 'openai/gpt-5.2'))[0]).not.toHaveProperty(
      'reasoning_details',
    )
  })

  test('signs calls for Gemini alone', () => {
    const content: OutputPart[] = [
      { type: 'tool-call', id: 'c', name: 'f', input: {}, signature: 'gemini/google:GEMINI' },
    ]
    const history: Message[] = [
      { role: 'assistant', content },
      { role: 'tool', content: [{ type: 'tool-result', id: 'c', name: 'f', output: 1 }] },
    ]
    const body = (model: string) => JSON.stringify(encodeChatRequest({ messages: history }, model))
    expect(body('gemini-3-pro')).toContain(
      '"extra_content":{"google":{"thought_signature":"GEMINI"}}',
    )
    expect(body('gpt-5.2')).not.toContain('GEMINI')
    // Google's word for a call that another model made
    content[0] = { type: 'tool-call', id: 'c', name: 'f', input: {}, signature: 'gemini/openai:x' }
    expect(body('gemini-3-pro')).toContain('"skip_thought_signature_validator"')
    expect(body('gemini-2.5-pro')).not.toContain('extra_content')
  })
})

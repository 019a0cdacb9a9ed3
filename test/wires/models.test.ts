import { describe, expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { Message } from '../../src/base/messages.js'
import type { StreamRequest } from '../../src/base/request.js'
import { compatible } from '../../src/entries/compatible.js'
import { createStream } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { simulatedProvider } from '../../src/entries/testing.js'
import { planMessagesOutput } from '../../src/wires/anthropic-messages/output-format.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'

const all: StreamRequest = { prompt: 'p', temperature: 0.5, topP: 0.9 }
const withEffort = (value: 'minimal' | 'low' | 'high'): StreamRequest => ({
  prompt: 'p',
  reasoning: { effort: value },
})

describe('a model of OpenAI', () => {
  /** Of a request with both: what is left, on both wires. */
  const sampling = (model: string, more: StreamRequest = {}): unknown[] => {
    const request = { ...all, ...more }
    const bodies = [encodeChatRequest(request, model), encodeResponsesRequest(request, model)]
    expect(bodies[0]?.temperature).toBe(bodies[1]?.temperature)
    return [bodies[0]?.temperature, bodies[0]?.top_p]
  }

  test('gets no sampling options where it refuses them', () => {
    for (const model of [
      'gpt-4o',
      'gpt-4.1-mini',
      'gpt-5-chat-latest',
      'llama-3',
      'gpt-oss-120b',
    ]) {
      expect([model, ...sampling(model)]).toEqual([model, 0.5, 0.9])
    }
    for (const model of [
      'o3',
      'openai/o4-mini',
      'gpt-5',
      'gpt-5-mini',
      'gpt-5.5',
      'gpt-5.2-codex',
    ]) {
      expect([model, ...sampling(model)]).toEqual([model, undefined, undefined])
    }
    expect(sampling('gpt-5.2')).toEqual([0.5, 0.9])
    expect(sampling('gpt-5.2', { reasoning: { effort: 'low' } })).toEqual([undefined, undefined])
  })

  test('gets an effort that it knows, and none if it does not reason', () => {
    for (const [model, sent] of [
      ['gpt-5', 'minimal'],
      ['gpt-5-nano-2025-08-07', 'minimal'],
      ['gpt-5-codex', 'low'],
      ['gpt-5.2', 'low'],
      ['o3-mini', 'low'],
      ['not-listed', 'minimal'],
      ['gpt-4o', undefined],
      ['gpt-3.5-turbo', undefined],
      ['chatgpt-4o-latest', undefined],
    ] as const) {
      const request = withEffort('minimal')
      expect([model, encodeChatRequest(request, model).reasoning_effort]).toEqual([model, sent])
      const { reasoning } = encodeResponsesRequest(request, model)
      expect(reasoning).toEqual(sent && { effort: sent, summary: 'auto' })
    }
  })
})

describe('the limit has the name that is known', () => {
  const nameOf = async (
    driverWith: (fetch: typeof globalThis.fetch) => Driver,
  ): Promise<string> => {
    const provider = simulatedProvider({ answer: 'a', paceMs: 0 })
    const driver = driverWith(provider.fetch)
    await createStream({ driver, prompt: 'p', maxOutputTokens: 7, retry: false }).text()
    const body = provider.requests[0]?.body as object
    return Object.entries(body).find(([, value]) => value === 7)?.[0] ?? ''
  }
  const own = { apiKey: 'k' }
  const baseURL = 'http://provider.test/v1'

  test.for([
    ['gpt-5.5', 'max_completion_tokens', 'max_completion_tokens'],
    ['openai/o3', 'max_completion_tokens', 'max_completion_tokens'],
    ['gpt-4o', 'max_tokens', 'max_tokens'],
    ['my-deployment', 'max_completion_tokens', 'max_tokens'],
    ['openai/gpt-oss-20b', 'max_completion_tokens', 'max_tokens'],
  ] as const)('to %s', async ([model, onOpenAI, elsewhere]) => {
    expect(await nameOf((fetch) => openai({ ...own, model, fetch }))).toBe(onOpenAI)
    expect(await nameOf((fetch) => compatible({ ...own, model, fetch, baseURL }))).toBe(elsewhere)
  })

  test('to a server that goes by name', async () => {
    const model = 'llama'
    for (const [name, field] of [
      ['groq', 'max_completion_tokens'],
      ['cerebras', 'max_completion_tokens'],
      ['mistral', 'max_tokens'],
      ['ollama', 'max_tokens'],
    ] as const) {
      expect(await nameOf((fetch) => compatible(name, { ...own, model, fetch }))).toBe(field)
    }
  })
})

test('OpenRouter is asked for reasoning in an object, which takes a budget', () => {
  const ask = (reasoning: NonNullable<StreamRequest['reasoning']>) =>
    encodeChatRequest({ prompt: 'p', reasoning }, 'anthropic/claude-opus-5', {
      reasoningParameter: 'reasoning',
    })
  expect(ask({ effort: 'high' })).toMatchObject({ reasoning: { effort: 'high' } })
  expect(ask({ effort: 'high', budgetTokens: 2000 })).toMatchObject({
    reasoning: { max_tokens: 2000 },
  })
  expect(ask({})).not.toHaveProperty('reasoning')
})

describe('a model of Anthropic', () => {
  const encode = (request: StreamRequest, model: string) =>
    encodeMessagesRequest(request, model) as Record<string, unknown>

  test('has a limit within what it may write, long enough for any answer', () => {
    for (const [model, limit] of [
      ['claude-3-haiku-20240307', 4_096],
      ['claude-3-5-sonnet-latest', 8_192],
      ['claude-3-7-sonnet-20250219', 32_000],
      ['anthropic.claude-sonnet-4-20250514-v1:0', 32_000],
      ['claude-opus-4-1@20250805', 32_000],
      ['claude-haiku-4-5', 64_000],
      ['claude-opus-4-6', 64_000],
      ['claude-sonnet-5-5', 64_000],
      ['claude-mythos-preview', 64_000],
      ['kimi-k2.5', 8_192],
    ] as const) {
      expect([model, encode({ prompt: 'p' }, model).max_tokens]).toEqual([model, limit])
      expect(encode({ prompt: 'p', maxOutputTokens: 7 }, model).max_tokens).toBe(7)
    }
  })

  test('has room for its thinking beside the answer, as far as it may write', () => {
    const thinking = (model: string, budgetTokens: number, maxOutputTokens?: number) => {
      const request = { prompt: 'p', reasoning: { budgetTokens } }
      const body = encode({ ...request, ...(maxOutputTokens && { maxOutputTokens }) }, model)
      return [body.max_tokens, (body.thinking as { budget_tokens: number }).budget_tokens]
    }
    expect(thinking('claude-sonnet-4-5', 10_000, 2_000)).toEqual([12_000, 10_000])
    expect(thinking('claude-sonnet-4-5', 10_000)).toEqual([64_000, 10_000])
    expect(thinking('claude-opus-4-1', 10_000)).toEqual([32_000, 10_000])
    expect(thinking('claude-opus-4-1', 99_000)).toEqual([32_000, 30_976])
    expect(thinking('kimi-k2.5', 99_000)).toEqual([107_192, 99_000])
  })

  test('is told an effort if it decides how much to think', () => {
    const told = (model: string, reasoning: NonNullable<StreamRequest['reasoning']>) => {
      const { thinking, output_config } = encode({ prompt: 'p', reasoning }, model)
      return [thinking, output_config]
    }
    const shown = { type: 'adaptive', display: 'summarized' }
    expect(told('claude-opus-5', { effort: 'high' })).toEqual([shown, { effort: 'high' }])
    expect(told('claude-opus-5', { effort: 'minimal' })).toEqual([shown, { effort: 'low' }])
    expect(told('claude-opus-5', {})).toEqual([shown, undefined])
    // It refuses a budget.
    for (const [budgetTokens, effort] of [
      [1_024, 'low'],
      [8_000, 'medium'],
      [30_000, 'high'],
    ] as const) {
      expect(told('claude-opus-5', { budgetTokens })).toEqual([shown, { effort }])
    }
    const adaptive = { type: 'adaptive' }
    expect(told('claude-opus-4-6', { effort: 'low' })).toEqual([adaptive, { effort: 'low' }])
    const enabled = { type: 'enabled', budget_tokens: 2_000 }
    expect(told('claude-opus-4-6', { budgetTokens: 2_000 })).toEqual([enabled, undefined])
    expect(told('claude-sonnet-4-5', { effort: 'low' })).toEqual([
      { ...enabled, budget_tokens: 2_048 },
      undefined,
    ])
  })

  test('gets an effort beside the schema of its output', () => {
    const output = planMessagesOutput({ type: 'object', properties: {} })
    const body = encodeMessagesRequest(withEffort('low'), 'claude-opus-5', {}, output)
    expect(body.output_config).toMatchObject({
      effort: 'low',
      format: { type: 'json_schema' },
    })
  })

  test('gets both sampling options, one of them, or none', () => {
    const sampling = (model: string, request = all) => {
      const { temperature, top_p } = encode(request, model)
      return [temperature, top_p]
    }
    expect(sampling('claude-sonnet-4-20250514')).toEqual([0.5, 0.9])
    expect(sampling('claude-sonnet-4-5')).toEqual([0.5, undefined])
    expect(sampling('claude-sonnet-4-5', { prompt: 'p', topP: 0.9 })).toEqual([undefined, 0.9])
    expect(sampling('claude-opus-4-7')).toEqual([undefined, undefined])
    expect(sampling('deepseek-chat')).toEqual([0.5, 0.9])
  })

  test('does not begin to think in the middle of a turn that another model began', () => {
    const history = (...thoughts: object[]): Message[] => [
      { role: 'user', content: 'u' },
      {
        role: 'assistant',
        content: [...(thoughts as []), { type: 'tool-call', id: 'c', name: 'f', input: {} }],
      },
      { role: 'tool', content: [{ type: 'tool-result', id: 'c', name: 'f', output: 'ok' }] },
    ]
    const thinks = (messages: Message[], model: string) =>
      'thinking' in encode({ messages, reasoning: { effort: 'low' } }, model)
    const thought = { type: 'reasoning', text: 'hm', signature: 's' }
    expect(thinks(history(thought), 'claude-sonnet-4-5')).toBe(true)
    expect(thinks(history(), 'claude-sonnet-4-5')).toBe(false)
    expect(thinks([...history(), { role: 'user', content: 'v' }], 'claude-sonnet-4-5')).toBe(false)
    expect(thinks(history(), 'claude-opus-5')).toBe(true)
    const done: Message[] = [
      { role: 'assistant', content: 'a' },
      { role: 'user', content: 'v' },
    ]
    expect(thinks([...history(), ...done], 'claude-sonnet-4-5')).toBe(true)
  })
})

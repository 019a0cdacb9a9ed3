import { describe, expect, test } from 'vitest'
import type { ReasoningEffort, StreamRequest } from '../../src/base/request.js'
import { type PresetName, presets } from '../../src/drivers/presets.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { type CompatibleOptions, compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { encodeGeminiRequest } from '../../src/wires/gemini/request.js'
import { efforts, nearestEffort } from '../../src/wires/models/traits.js'
import type { ChatRequestOptions } from '../../src/wires/openai-chat/options.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'

type Body = Record<string, unknown>
type Messages = Record<string, unknown>[]

const chat = (request: StreamRequest, model: string, options?: ChatRequestOptions): Body =>
  encodeChatRequest(request, model, options)

const withEffort = (effort: ReasoningEffort): StreamRequest => ({
  prompt: 'p',
  reasoning: { effort },
})

/** What is sent for each effort, from `none` to `max`. */
const sentFor = (send: (request: StreamRequest) => unknown): unknown[] =>
  efforts.map((effort) => send(withEffort(effort)))

describe('an effort', () => {
  test('is sent as the nearest that the model takes, the higher of two', () => {
    expect(nearestEffort('medium', ['low', 'high'])).toBe('high')
    expect(nearestEffort('xhigh', ['high', 'max'])).toBe('max')
    expect(nearestEffort('max', ['none', 'low'])).toBe('low')
    expect(nearestEffort('none', ['minimal', 'high'])).toBe('minimal')
    expect(nearestEffort('low', [])).toBeUndefined()
  })

  test('does not switch reasoning off unless it is none', () => {
    expect(nearestEffort('minimal', ['none', 'high'])).toBe('high')
    expect(nearestEffort('none', ['none', 'high'])).toBe('none')
  })

  const [low, medium, high, xhigh, max] = ['low', 'medium', 'high', 'xhigh', 'max']
  test.each([
    ['o3', [low, low, low, medium, high, high, high]],
    ['gpt-5', ['minimal', 'minimal', low, medium, high, high, high]],
    ['gpt-5-codex', [low, low, low, medium, high, high, high]],
    ['gpt-5-pro', [high, high, high, high, high, high, high]],
    ['gpt-5.1', ['none', low, low, medium, high, high, high]],
    ['gpt-5.2', ['none', low, low, medium, high, xhigh, xhigh]],
    ['gpt-5.1-codex-max', [low, low, low, medium, high, xhigh, xhigh]],
    ['openai/gpt-5.4-pro', [medium, medium, medium, medium, high, xhigh, xhigh]],
    ['gpt-5.5', ['none', low, low, medium, high, xhigh, xhigh]],
    ['gpt-5.6-sol', ['none', low, low, medium, high, xhigh, max]],
    ['gpt-5.1-chat-latest', [medium, medium, medium, medium, medium, medium, medium]],
    ['chat-latest', [medium, medium, medium, medium, medium, medium, medium]],
  ])('is for %s one of its own on both APIs of OpenAI', (model, sent) => {
    expect(sentFor((request) => chat(request, model).reasoning_effort)).toEqual(sent)
    const responses = (request: StreamRequest) => encodeResponsesRequest(request, model).reasoning
    expect(sentFor(responses)).toEqual(sent.map((effort) => ({ effort, summary: 'auto' })))
  })

  test.each([
    ['grok-3-mini', [low, low, low, high, high, high, high]],
    ['grok-4.3', ['none', low, low, medium, high, high, high]],
    ['x-ai/grok-4.5', [low, low, low, medium, high, high, high]],
    ['mistral-small-latest', ['none', high, high, high, high, high, high]],
    ['mistral-medium-3-5', ['none', high, high, high, high, high, high]],
    ['deepseek-v4-pro', [undefined, low, low, high, high, max, max]],
    ['kimi-k3', [low, low, low, high, high, max, max]],
    ['any-other', ['none', 'minimal', low, medium, high, xhigh, max]],
  ])('is for %s one of its own', (model, sent) => {
    expect(sentFor((request) => chat(request, model).reasoning_effort)).toEqual(sent)
  })

  test.each([
    'grok-4',
    'grok-4-1-fast-reasoning',
    'grok-4.20-0309-reasoning',
    'grok-code-fast-1',
    'grok-build-0.1',
    'mistral-large-latest',
    'mistral-medium-2508',
    'devstral-2512',
    'magistral-medium-latest',
    'gpt-4o',
    'gpt-35-turbo',
    'gpt-5-chat-latest',
    'o1-mini',
  ])('is not sent to %s, which takes none', (model) => {
    for (const effort of sentFor((request) => chat(request, model).reasoning_effort)) {
      expect(effort).toBeUndefined()
    }
  })

  test('goes to Claude as an effort or a budget', () => {
    const sent = (model: string) =>
      sentFor((request) => {
        const { thinking, output_config: config } = encodeMessagesRequest(request, model)
        return (config as Body)?.effort ?? (thinking as Body)?.budget_tokens
      })
    expect(sent('claude-opus-4-7')).toEqual([undefined, low, low, medium, high, xhigh, max])
    expect(sent('claude-sonnet-4-6')).toEqual([undefined, low, low, medium, high, max, max])
    expect(sent('claude-mythos-preview')).toEqual([low, low, low, medium, high, max, max])
    const budgets = [undefined, 1024, 2048, 8192, 24_576, 40_960, 62_976]
    expect(sent('claude-sonnet-4-5')).toEqual(budgets)
  })

  test('goes to Gemini as a level or a budget', () => {
    const sent = (model: string) =>
      sentFor((request) => {
        const { generationConfig } = encodeGeminiRequest(request, model)
        const { thinkingConfig } = generationConfig as { thinkingConfig: Body }
        return thinkingConfig.thinkingLevel ?? thinkingConfig.thinkingBudget
      })
    const most = 24_576
    expect(sent('gemini-3-flash')).toEqual(['minimal', 'minimal', low, medium, high, high, high])
    expect(sent('gemini-3-pro')).toEqual([low, low, low, high, high, high, high])
    expect(sent('gemini-2.5-flash')).toEqual([0, 512, 2048, 8192, most, most, most])
    expect(sent('gemini-2.5-pro')).toEqual([128, 512, 2048, 8192, most, most, most])
  })

  test('goes to OpenRouter as it is, because it translates it for the model', () => {
    const options = { reasoningParameter: 'reasoning' } as const
    const sent = sentFor((request) => chat(request, 'x-ai/grok-4', options).reasoning)
    const known = ['none', 'minimal', low, medium, high, xhigh, max]
    expect(sent).toEqual(known.map((effort) => ({ effort })))
  })
})

test('stop sequences are left out for models that refuse them', () => {
  const sends = (model: string) => 'stop' in chat({ prompt: 'p', stopSequences: ['END'] }, model)
  const refusing =
    'o3 o3-pro o4-mini gpt-5 gpt-5-mini openai/gpt-5-nano-2025-08-07 grok-4 grok-3-mini grok-4.5 grok-code-fast-1'
  expect(refusing.split(' ').filter(sends)).toEqual([])
  const taking =
    'gpt-4.1 o1 o3-mini gpt-5.1 gpt-5.5 gpt-oss-120b llama-3 grok-4-fast-non-reasoning mistral-large-latest'
  expect(taking.split(' ').filter((model) => !sends(model))).toEqual([])
})

test('sampling options are sent to a model that reasons only if asked to', () => {
  const send = (effort: ReasoningEffort) =>
    chat({ prompt: 'p', temperature: 0.5, reasoning: { effort } }, 'gpt-5.2').temperature
  expect([send('none'), send('low')]).toEqual([0.5, undefined])
})

test('all instructions are one message at the front', () => {
  const messages = (model: string) =>
    chat(
      {
        system: 'a',
        messages: [
          { role: 'user', content: 'u' },
          { role: 'system', content: 'b' },
        ],
      },
      model,
    ).messages
  expect(messages('Qwen/Qwen3.6-35B-A3B')).toEqual([
    { role: 'system', content: 'a\n\nb' },
    { role: 'user', content: 'u' },
  ])
  expect(messages('o1-mini')).toMatchObject([{ role: 'user' }, { role: 'user' }])
})

test('an assistant message stands between the results of tools and a user message for Mistral', () => {
  const request: StreamRequest = {
    messages: [
      { role: 'user', content: 'u' },
      { role: 'assistant', content: [{ type: 'tool-call', id: 'a', name: 'f', input: {} }] },
      { role: 'tool', content: [{ type: 'tool-result', id: 'a', name: 'f', output: 'x' }] },
      { role: 'user', content: 'v' },
    ],
  }
  const roles = (model: string) =>
    (chat(request, model).messages as Messages).map(({ role }) => role)
  const order = ['user', 'assistant', 'tool']
  expect(roles('devstral-2512')).toEqual([...order, 'assistant', 'user'])
  expect(roles('m')).toEqual([...order, 'user'])
})

describe('ids of tool calls for Mistral', () => {
  const ids = (...given: string[]): [string[], string[]] => {
    const request: StreamRequest = {
      messages: given.flatMap((id) => [
        { role: 'user', content: 'u' },
        { role: 'assistant', content: [{ type: 'tool-call', id, name: 'f', input: {} }] },
        { role: 'tool', content: [{ type: 'tool-result', id, name: 'f', output: 'x' }] },
      ]),
    }
    const messages = chat(request, 'mistral-large-latest').messages as Messages
    const calls = messages.flatMap((message) => (message.tool_calls as { id: string }[]) ?? [])
    const results = messages.filter(({ role }) => role === 'tool')
    return [calls.map(({ id }) => id), results.map((result) => String(result.tool_call_id))]
  }

  test('are nine letters or digits, the same in call and result', () => {
    const long = 'call_PTLP8xhu3uwZk4l3nlnrrJha'
    const [calls, results] = ids(long, 'abc123XYZ', '', 'ü', 'call_1', 'call_2')
    for (const id of calls) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/)
    expect(results).toEqual(calls)
    expect(new Set(calls).size).toBe(calls.length)
    expect(calls[1]).toBe('abc123XYZ')
  })

  test('stay the same while the conversation grows, and differ for calls of one id', () => {
    const [first] = ids('call_1', 'call_1')
    const [later] = ids('call_1', 'call_1', 'call_1', 'other')
    expect(later.slice(0, 2)).toEqual(first)
    expect(new Set(later).size).toBe(4)
  })

  test('hardly ever collide', () => {
    const many = Array.from({ length: 20_000 }, (_, count) => `call_${count}`)
    expect(new Set(ids(...many)[0]).size).toBe(many.length)
  })
})

test('a named tool is forced by "required" on servers that take only strings', () => {
  const parameters = { type: 'object' }
  const request: StreamRequest = {
    prompt: 'p',
    tools: { f: { parameters }, g: { parameters } },
    toolChoice: { name: 'g' },
  }
  const body = chat(request, 'm', { namedToolChoice: 'required' })
  expect(body.tool_choice).toBe('required')
  expect(body.tools).toMatchObject([{ function: { name: 'g' } }])
  const other = chat({ ...request, toolChoice: 'auto' }, 'm', { namedToolChoice: 'required' })
  expect([other.tool_choice, (other.tools as unknown[]).length]).toEqual(['auto', 2])
})

type Fetch = typeof globalThis.fetch

async function bodyOf(
  driverWith: (fetch: Fetch) => Parameters<typeof createStream>[0]['driver'],
  request: StreamRequest = { prompt: 'p' },
): Promise<Body> {
  let body: Body = {}
  const fetch: Fetch = async (_url, init) => {
    body = JSON.parse(init?.body as string)
    return new Response('', { status: 400 })
  }
  const stream = createStream({ driver: driverWith(fetch), ...request, retry: false })
  await stream.text().catch(() => {})
  return body
}

describe('traits', () => {
  const own = { apiKey: 'k' }
  const full: StreamRequest = {
    prompt: 'p',
    system: 's',
    temperature: 0.5,
    stopSequences: ['x'],
    maxOutputTokens: 9,
    reasoning: { effort: 'max' },
  }

  test('override the table on the APIs of OpenAI', async () => {
    const traits = {
      efforts: ['xhigh'],
      sampling: 'always',
      stopSequences: true,
      systemRole: 'developer',
      maxTokensField: 'max_tokens',
    } as const
    const sent = {
      reasoning_effort: 'xhigh',
      temperature: 0.5,
      stop: ['x'],
      max_tokens: 9,
      messages: [{ role: 'developer' }, { role: 'user' }],
    }
    const model = 'o3'
    expect(await bodyOf((fetch) => openai({ ...own, model, fetch, traits }), full)).toMatchObject(
      sent,
    )
    const baseURL = 'http://provider.test/v1'
    expect(
      await bodyOf((fetch) => compatible({ baseURL, model, fetch, traits }), full),
    ).toMatchObject(sent)
    const api = 'responses'
    expect(
      await bodyOf((fetch) => openai({ ...own, api, model, fetch, traits }), full),
    ).toMatchObject({ reasoning: { effort: 'xhigh' }, temperature: 0.5 })
  })

  test('describe a model whose name says nothing', async () => {
    const traits = { reasons: false } as const
    const deployment = { ...own, model: 'my-deployment' }
    expect(
      await bodyOf((fetch) => openai({ ...deployment, fetch, traits }), full),
    ).not.toHaveProperty('reasoning_effort')
  })

  test('override the table on the Messages API', async () => {
    const traits = { thinking: 'adaptive', efforts: ['low'], maxTokens: 7 } as const
    const body = await bodyOf((fetch) => anthropic({ ...own, model: 'm', fetch, traits }), {
      prompt: 'p',
      reasoning: { effort: 'max' },
    })
    expect(body).toMatchObject({ max_tokens: 7, output_config: { effort: 'low' } })
  })

  test('override the table on the Gemini API', async () => {
    const traits = { thinking: 'level', levels: ['medium'] } as const
    const model = 'gemini-2.5-flash'
    const body = await bodyOf((fetch) => gemini({ ...own, model, fetch, traits }), full)
    expect(body).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingLevel: 'medium' } },
    })
  })

  test('are checked', () => {
    const create = (traits: object) => () =>
      compatible({ baseURL: 'http://x.test', model: 'm', traits })
    expect(create({ effort: ['low'] })).toThrow('Unknown option "compatible.traits.effort"')
    expect(create({ efforts: ['lowest'] })).toThrow('compatible.traits.efforts')
    expect(create({ sampling: true })).toThrow('compatible.traits.sampling')
  })
})

describe('a preset', () => {
  const parameters = { type: 'object' }
  const request: StreamRequest = {
    system: 's',
    messages: [
      { role: 'user', content: 'u' },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'r' },
          { type: 'tool-call', id: 'call_1', name: 'f', input: {} },
        ],
      },
      { role: 'tool', content: [{ type: 'tool-result', id: 'call_1', name: 'f', output: 'x' }] },
    ],
    tools: { f: { parameters }, g: { parameters } },
    toolChoice: { name: 'g' },
    output: { type: 'object', properties: {}, additionalProperties: false },
    maxOutputTokens: 9,
    seed: 3,
    reasoning: { effort: 'high' },
  }

  test.each(Object.keys(presets) as PresetName[])(
    '%s is options that a user could write',
    async (name) => {
      const model = 'm'
      const options: CompatibleOptions = { ...presets[name], model }
      const byName = await bodyOf(
        (fetch) => compatible(name, { model, fetch, apiKey: 'k' }),
        request,
      )
      expect(await bodyOf((fetch) => compatible({ ...options, fetch }), request)).toEqual(byName)
      expect(byName).toHaveProperty('model', 'm')
    },
  )

  test('can be changed in every option', async () => {
    const changed = {
      maxTokensField: 'max_completion_tokens',
      includeUsage: true,
      seedField: 'seed',
      outputMode: 'json-object',
      reasoningParameter: 'reasoning',
      namedToolChoice: 'required',
      traits: { reasoningField: 'reasoning_content' },
    } as const
    const options = { model: 'm', apiKey: 'k', ...changed }
    const body = await bodyOf((fetch) => compatible('mistral', { ...options, fetch }), request)
    expect(body).toMatchObject({
      max_completion_tokens: 9,
      stream_options: { include_usage: true },
      seed: 3,
      response_format: { type: 'json_object' },
      reasoning: { effort: 'high' },
      tool_choice: 'required',
    })
    const answer = (body.messages as Messages)[2]
    expect(answer).toMatchObject({ reasoning_content: 'r' })
    // A trait of the preset stays unless it is named.
    const id = expect.stringMatching(/^[a-zA-Z0-9]{9}$/)
    expect(answer).toMatchObject({ tool_calls: [{ id }] })
  })
})

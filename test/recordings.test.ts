import { describe, expect, test } from 'vitest'
import type { ContentEvent, StreamEvent, Usage } from '../src/base/events.js'
import type { AssistantMessage } from '../src/base/messages.js'
import { createStream } from '../src/entries/index.js'
import { collect } from './support/collect.js'
import { everyDriver } from './support/every-driver.js'
import {
  chunkings,
  loadRecordings,
  type Recording,
  readRecording,
  recordingsPresent,
  respondWith,
} from './support/recordings.js'

type Expected = Recording['expected']

/** Two expectations that the recordings' own notes say to read with care. */
const carefully: Record<string, { reasoning?: string; error?: boolean; why: string }> = {
  'gpustack/openai-chat/chat-with-extended-thinking-gpustack-qwen3-streams-thinking-content-wh.sse':
    { error: true, why: 'no terminal marker, and a last line whose field name is "error"' },
  'snowflake/openai-chat/test-snowflake-thinking-streaming.sse': {
    reasoning: '15 * 27 = 405',
    why: 'the reasoning comes in reasoning_details only',
  },
}

if (!recordingsPresent) {
  test.skip('the recordings of real providers are not beside this checkout, so they are not replayed', () => {})
}

for (const { name, wire, driver } of everyDriver) {
  const recordings = loadRecordings(wire).filter((recording) => !recording.ambiguous)
  for (const [chunking, cut] of Object.entries(chunkings)) {
    describe.runIf(recordingsPresent)(`the driver ${name} reads ${wire} in ${chunking}`, () => {
      test.each(recordings)('$file', async (recording) => {
        const fetch = respondWith(cut(readRecording(recording)))
        const stream = createStream({ driver: driver({ fetch }), prompt: 'p', retry: false })
        expect(summarize(await collect(stream))).toEqual(expectation(recording))
      })
    })
  }
}

function summarize(events: StreamEvent[]): unknown {
  const contents = events.filter((event) => event.type === 'content')
  const last = events.at(-1)
  return {
    text: join(contents, 'text'),
    reasoning: join(contents, 'reasoning'),
    toolCalls: toolCalls(contents),
    end: last?.type,
    ...(last?.type === 'complete'
      ? {
          finishReason: last.rawFinishReason ?? null,
          usage: last.usage,
          sameText: last.text === join(contents, 'text'),
          model: last.model,
          inputs: inputsOf(last.message),
        }
      : {}),
  }
}

function expectation({ file, wire, expected }: Recording): unknown {
  const care = carefully[file]
  const failed = care?.error ?? Boolean(expected.error)
  const calls = expected.toolCalls ?? []
  return {
    // A refusal is what the model said, so it is text.
    text: expected.text + (expected.refusal ?? ''),
    reasoning: care?.reasoning ?? expected.reasoning,
    toolCalls: calls.map(({ id, name, args }) => ({
      // One that the provider leaves out is made up.
      id: id ?? expect.stringMatching(/^call_/),
      name,
      // An object on Gemini's wire, whose text is ours; what it says is compared in the message.
      args: typeof args === 'string' ? args : expect.any(String),
    })),
    end: failed ? 'error' : 'complete',
    ...(failed
      ? {}
      : {
          finishReason: expected.finishReason,
          usage: usageOf[wire]?.(expected),
          sameText: true,
          model: expected.model,
          inputs: calls.map(({ args }) => parsed(args)),
        }),
  }
}

function join(contents: ContentEvent[], kind: 'text' | 'reasoning'): string {
  return contents.map((event) => (event.kind === kind ? event.text : '')).join('')
}

function toolCalls(contents: ContentEvent[]): unknown[] {
  const calls = new Map<number, { id: string; name: string; args: string }>()
  for (const event of contents) {
    if (event.kind !== 'tool-call') continue
    const call = calls.get(event.index) ?? { id: event.id, name: event.name, args: '' }
    call.args += event.input
    calls.set(event.index, call)
  }
  return [...calls.values()]
}

/** The arguments of the calls in the message; what is wrong with those that are no object. */
function inputsOf({ content }: AssistantMessage): unknown[] {
  if (typeof content === 'string') return []
  return content.flatMap((part) =>
    part.type === 'tool-call' ? [typeof part.input === 'object' ? part.input : part.error] : [],
  )
}

function parsed(args: unknown): unknown {
  if (typeof args !== 'string') return args
  try {
    // Groq writes null for no arguments.
    return JSON.parse(args || '{}') ?? {}
  } catch {
    return 'The arguments were cut off before they were complete.'
  }
}

const usageOf: Record<string, (expected: Expected) => Usage> = {
  'openai-chat': chatUsage,
  'openai-responses': responsesUsage,
  'anthropic-messages': messagesUsage,
  gemini: geminiUsage,
}

/** The token counts of all wires, as far as they are compared. */
type Counts = Record<
  | 'prompt_tokens'
  | 'completion_tokens'
  | 'total_tokens'
  | 'prompt_cache_hit_tokens'
  | 'input_tokens'
  | 'output_tokens'
  | 'cache_read_input_tokens'
  | 'cache_creation_input_tokens'
  | 'promptTokenCount'
  | 'toolUsePromptTokenCount'
  | 'candidatesTokenCount'
  | 'thoughtsTokenCount'
  | 'totalTokenCount'
  | 'cachedContentTokenCount',
  number | undefined
> & {
  reasoning_tokens?: number | null
  completion_tokens_details?: { reasoning_tokens: number } | null
  prompt_tokens_details?: { cached_tokens: number; cache_write_tokens?: number } | null
  output_tokens_details?: { thinking_tokens?: number; reasoning_tokens?: number } | null
  input_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number } | null
}

function chatUsage({ usage }: Expected): Usage {
  const given = (usage ?? {}) as Counts
  const { prompt_tokens_details: details } = given
  const reasoning =
    given.completion_tokens_details?.reasoning_tokens ?? given.reasoning_tokens ?? undefined
  const beside = sum(given.prompt_tokens, given.completion_tokens, reasoning) === given.total_tokens
  return defined({
    inputTokens: given.prompt_tokens,
    outputTokens: beside ? sum(given.completion_tokens, reasoning) : given.completion_tokens,
    totalTokens: given.total_tokens,
    reasoningTokens: reasoning,
    cachedInputTokens: details?.cached_tokens ?? given.prompt_cache_hit_tokens,
    cacheWriteInputTokens: details?.cache_write_tokens ?? given.cache_creation_input_tokens,
  })
}

function responsesUsage({ usage }: Expected): Usage {
  const given = (usage ?? {}) as Counts
  return defined({
    inputTokens: given.input_tokens,
    outputTokens: given.output_tokens,
    totalTokens: given.total_tokens,
    reasoningTokens: given.output_tokens_details?.reasoning_tokens,
    cachedInputTokens: given.input_tokens_details?.cached_tokens,
    cacheWriteInputTokens: given.input_tokens_details?.cache_write_tokens,
  })
}

function messagesUsage({ usage }: Expected): Usage {
  const given = (usage ?? {}) as Counts
  const read = given.cache_read_input_tokens
  const written = given.cache_creation_input_tokens
  const input = sum(given.input_tokens, read, written)
  return defined({
    inputTokens: input,
    outputTokens: given.output_tokens,
    totalTokens: sum(input, given.output_tokens),
    reasoningTokens: given.output_tokens_details?.thinking_tokens,
    cachedInputTokens: read,
    cacheWriteInputTokens: written,
  })
}

function geminiUsage({ usage }: Expected): Usage {
  const given = (usage ?? {}) as Counts
  return defined({
    inputTokens: sum(given.promptTokenCount, given.toolUsePromptTokenCount),
    outputTokens: sum(given.candidatesTokenCount, given.thoughtsTokenCount),
    totalTokens: given.totalTokenCount,
    reasoningTokens: given.thoughtsTokenCount,
    cachedInputTokens: given.cachedContentTokenCount,
  })
}

function sum(...counts: (number | undefined)[]): number | undefined {
  const given = counts.filter((count) => count !== undefined && count !== null)
  return given.length === 0 ? undefined : given.reduce((total, count) => total + count, 0)
}

function defined(record: Record<string, unknown>): Usage {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined && value !== null),
  )
}

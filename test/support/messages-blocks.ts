/** Answers of the Messages API with blocks of every kind, and the events that stream them. */

import { BetaMessageStream } from '@anthropic-ai/sdk/lib/BetaMessageStream'
import * as fc from 'fast-check'

export type Json = Record<string, unknown>

const words = fc.constantFrom('a', ' b c', '\n', 'é🌊', '{"', 'the tides turn', '\\u0000 "')
const sentence = fc.array(words, { minLength: 1, maxLength: 6 }).map((all) => `${all.join('')}x`)
const caller = fc.option(
  fc.constantFrom<Json>({ type: 'direct' }, { type: 'code_execution_20260120', tool_id: 'srv_0' }),
  { nil: undefined },
)
const input = fc.dictionary(fc.constantFrom('query', 'code', 'n', ''), fc.jsonValue(), {
  maxKeys: 3,
})

const citation: fc.Arbitrary<Json> = fc.oneof(
  fc.record({
    type: fc.constant('char_location'),
    cited_text: sentence,
    document_index: fc.nat(3),
    document_title: fc.option(sentence),
    start_char_index: fc.nat(9),
    end_char_index: fc.nat(99),
    file_id: fc.option(fc.constant('file_011')),
  }),
  fc.record({
    type: fc.constant('web_search_result_location'),
    url: fc.webUrl(),
    title: fc.option(sentence),
    encrypted_index: sentence,
    cited_text: sentence,
  }),
  fc.record({
    type: fc.constant('search_result_location'),
    cited_text: sentence,
    search_result_index: fc.nat(3),
    source: sentence,
    title: fc.option(sentence),
    start_block_index: fc.nat(3),
    end_block_index: fc.nat(3),
  }),
)

const citedText: fc.Arbitrary<Json[]> = fc
  .tuple(sentence, fc.array(citation, { maxLength: 3 }))
  .map(([value, citations]) => [
    { type: 'text', text: value, ...(citations.length > 0 ? { citations } : {}) },
  ])

const thinking: fc.Arbitrary<Json[]> = fc.oneof(
  fc
    .tuple(fc.oneof(sentence, fc.constant('')), sentence)
    .map(([value, signature]) => [{ type: 'thinking', thinking: value, signature }]),
  sentence.map((data) => [{ type: 'redacted_thinking', data }]),
)

/** Kinds of tools that the server runs, and the kinds of their results. */
export const serverTools = [
  ['web_search', 'web_search_tool_result'],
  ['web_fetch', 'web_fetch_tool_result'],
  ['code_execution', 'code_execution_tool_result'],
  ['bash_code_execution', 'bash_code_execution_tool_result'],
  ['text_editor_code_execution', 'text_editor_code_execution_tool_result'],
  ['tool_search_tool_bm25', 'tool_search_tool_result'],
  ['advisor', 'advisor_tool_result'],
  ['mcp', 'mcp_tool_result'],
  ['later', 'later_tool_result'],
] as const

const searched = {
  type: 'web_search_result',
  url: 'https://a.test/',
  title: 'A',
  encrypted_content: 'x',
}

const serverTool: fc.Arbitrary<Json[]> = fc
  .tuple(fc.constantFrom(...serverTools), input, fc.jsonValue(), fc.boolean(), caller)
  .map(([[name, result], given, content, found, by]) => [
    name === 'mcp'
      ? { type: 'mcp_tool_use', id: '?', name: 'm', server_name: 's', input: given }
      : { type: 'server_tool_use', id: '?', name, input: given, ...(by && { caller: by }) },
    { type: result, tool_use_id: '?', content: found ? [searched] : (content ?? []) },
  ])

const alone: fc.Arbitrary<Json[]> = fc
  .oneof(
    fc.record({ type: fc.constant('container_upload'), file_id: sentence }),
    fc.record({
      type: fc.constant('compaction'),
      content: fc.option(sentence),
      encrypted_content: fc.option(sentence),
    }),
    fc.constant({
      type: 'fallback',
      from: { model: 'claude-fable-5-1' },
      to: { model: 'claude-opus-5' },
      trigger: { type: 'refusal' },
    }),
    fc.constant({ type: 'mcp_tool_listing', mcp_server_name: 's', tools: [] }),
    fc.record({ type: fc.constant('some_later_block'), payload: fc.jsonValue() }),
  )
  .map((block) => [block as Json])

const call: fc.Arbitrary<Json[]> = fc
  .tuple(input, caller)
  .map(([given, by]) => [
    { type: 'tool_use', id: '?', name: 'save', input: given, ...(by ? { caller: by } : {}) },
  ])

/** The blocks of an answer that ends in text or in calls. Code runs from its beginning on. */
export const answers: fc.Arbitrary<Json[]> = fc
  .tuple(
    fc.array(fc.oneof(citedText, thinking, serverTool, alone, call), { maxLength: 7 }),
    fc.oneof(citedText, call),
  )
  .map(([groups, last]) => [code, ran, ...groups.flat(), ...last].map(withIds()))

const code: Json = { type: 'server_tool_use', id: 'srv_0', name: 'code_execution', input: {} }
const ran: Json = {
  type: 'code_execution_tool_result',
  tool_use_id: 'srv_0',
  content: { type: 'code_execution_result', stdout: '', stderr: '', return_code: 0, content: [] },
}

function withIds(): (block: Json) => Json {
  let count = 0
  return (block) => {
    if (block.id === '?') return { ...block, id: `id_${++count}` }
    return block.tool_use_id === '?' ? { ...block, tool_use_id: `id_${count}` } : block
  }
}

/** How a server streams a block: its start, and deltas of a given length. */
function streamOf(block: Json, length: number): [start: Json, deltas: Json[]] {
  const pieces = (value: unknown): string[] =>
    Array.from({ length: Math.ceil(String(value).length / length) }, (_, at) =>
      String(value).slice(at * length, (at + 1) * length),
    )
  const { type, citations, encrypted_content, ...rest } = block
  switch (type) {
    case 'text': {
      const cites = (citations as Json[] | undefined) ?? []
      return [
        { type, text: '', ...(cites.length > 0 ? { citations: [] } : { citations: null }) },
        [
          ...pieces(block.text).map((value) => ({ type: 'text_delta', text: value })),
          ...cites.map((value) => ({ type: 'citations_delta', citation: value })),
        ],
      ]
    }
    case 'thinking':
      return [
        { type, thinking: '', signature: '' },
        [
          ...pieces(block.thinking).map((value) => ({ type: 'thinking_delta', thinking: value })),
          { type: 'signature_delta', signature: block.signature },
        ],
      ]
    case 'compaction':
      return [
        { type, content: null, encrypted_content: null },
        [{ type: 'compaction_delta', content: rest.content, encrypted_content }],
      ]
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return [
        { ...block, input: {} },
        ['', ...pieces(JSON.stringify(block.input))].map((value) => ({
          type: 'input_json_delta',
          partial_json: value,
        })),
      ]
    default:
      return [block, []]
  }
}

/** The events of an answer. */
export function eventsOf(
  blocks: readonly Json[],
  { stop_reason, length = 5, model = 'claude-opus-5' }: Json & { stop_reason: string },
): Json[] {
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  }
  const content = blocks.flatMap((block, index): Json[] => {
    const [content_block, deltas] = streamOf(block, length as number)
    return [
      { type: 'content_block_start', index, content_block },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]
  })
  return [
    { type: 'message_start', message },
    ...content,
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: 9 },
    },
    { type: 'message_stop' },
  ]
}

export function bodyOf(events: readonly Json[]): Uint8Array {
  const frames = events.map(
    (event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`,
  )
  return new TextEncoder().encode(frames.join(''))
}

/** The blocks that the provider's own SDK makes of the events. */
export async function sdkBlocks(events: readonly Json[]): Promise<Json[]> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  const body = new Response(lines).body as ReadableStream
  const message = await BetaMessageStream.fromReadableStream(body).finalMessage()
  return message.content as unknown as Json[]
}

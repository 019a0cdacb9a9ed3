/**
 * The bytes that every contestant reads: one answer on the wires of OpenAI and Anthropic, as these providers send it.
 */

export type WireName = 'openai' | 'anthropic'

export interface Wire {
  /** What the answer says. */
  text: string
  /** The body by network chunks. */
  chunks: Uint8Array[]
}

const words =
  'The quick brown fox jumps over the lazy dog while café owners in Zürich serve 🌊 tea'.split(' ')

function textOf(tokens: number): string[] {
  return Array.from(
    { length: tokens },
    (_, index) => `${index === 0 ? '' : ' '}${words[index % words.length]}`,
  )
}

/** @param eventsPerChunk - how many events one network chunk holds */
export function makeWire(name: WireName, tokens: number, eventsPerChunk: number): Wire {
  const deltas = textOf(tokens)
  const events = name === 'openai' ? openaiEvents(deltas) : anthropicEvents(deltas)
  const encoder = new TextEncoder()
  const chunks: Uint8Array[] = []
  for (let start = 0; start < events.length; start += eventsPerChunk) {
    chunks.push(encoder.encode(events.slice(start, start + eventsPerChunk).join('')))
  }
  return { text: deltas.join(''), chunks }
}

function openaiEvents(deltas: readonly string[]): string[] {
  const head = {
    id: 'chatcmpl-CdPq3vK9TtYxR2hWnLz8aMsEoJb1U',
    object: 'chat.completion.chunk',
    created: 1_764_000_000,
    model: 'gpt-5.5-2026-08-07',
    service_tier: 'default',
    system_fingerprint: 'fp_44709d6fcb',
  }
  const chunk = (delta: object, finish: string | null): string => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
    return `data: ${JSON.stringify({ ...head, choices, usage: null, obfuscation: 'k3Jx9Qa' })}\n\n`
  }
  const usage = {
    prompt_tokens: 12,
    completion_tokens: deltas.length,
    total_tokens: 12 + deltas.length,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  }
  return [
    chunk({ role: 'assistant', content: '', refusal: null }, null),
    ...deltas.map((content) => chunk({ content }, null)),
    chunk({}, 'stop'),
    `data: ${JSON.stringify({ ...head, choices: [], usage, obfuscation: '' })}\n\n`,
    'data: [DONE]\n\n',
  ]
}

function anthropicEvents(deltas: readonly string[]): string[] {
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
  const usage = {
    input_tokens: 12,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: 1,
  }
  const message = {
    id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  }
  return [
    event('message_start', { message }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('ping', {}),
    ...deltas.map((text) =>
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    ),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { ...usage, output_tokens: deltas.length },
    }),
    event('message_stop', {}),
  ]
}

/** A fetch that answers with these chunks, each when it is asked for, as a socket would. */
export function fetchOf({ chunks }: Wire): typeof fetch {
  return () => {
    let next = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks[next++]
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
    })
    return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
  }
}

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
  'the of and to in is it for as on be at by we or if so not you that with from this have will your each make like time know take into year good some than look only come over stream token model answer question'.split(
    ' ',
  )
const endings = 'ing tion ment able ness ed er ly es al ic ous ive ful less'.split(' ')
/** What JSON escapes, and what takes more than a byte. */
const unusual = [
  '\n',
  '\n\n',
  '"',
  ' "',
  '\\',
  '\t',
  ' é',
  ' –',
  '…',
  ' naïve',
  ' 日本',
  ' 🌊',
  ' €',
  '’s',
]

/** The same numbers in every process, from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Pieces of about four characters, as models send them. Of a hundred, seven are punctuation, and three or four need escapes or are not
 * ASCII.
 */
function textOf(tokens: number): string[] {
  const random = randomFrom(1)
  const one = (from: readonly string[]): string => from.at(random() * from.length) as string
  return Array.from({ length: tokens }, () => {
    const kind = random()
    if (kind < 0.035) return one(unusual)
    if (kind < 0.11) return one([...'.,;:!?'])
    return kind < 0.25 ? one(endings) : ` ${one(words)}`
  })
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

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const one = (random: () => number): string => letters.charAt(random() * letters.length)

function openaiEvents(deltas: readonly string[]): string[] {
  const head = {
    id: 'chatcmpl-CdPq3vK9TtYxR2hWnLz8aMsEoJb1U',
    object: 'chat.completion.chunk',
    created: 1_764_000_000,
    model: 'gpt-5.5-2026-08-07',
    service_tier: 'default',
    system_fingerprint: 'fp_44709d6fcb',
  }
  const random = randomFrom(2)
  // Of another length each time, so that an observer of the connection does not see the length of a piece.
  const obfuscation = (): string =>
    Array.from({ length: 1 + random() * 12 }, () => one(random)).join('')
  const chunk = (delta: object, finish: string | null): string => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
    return `data: ${JSON.stringify({ ...head, choices, usage: null, obfuscation: obfuscation() })}\n\n`
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
  const random = randomFrom(3)
  // Anthropic pads with blanks before the last brace.
  const event = (type: string, fields: object): string => {
    const json = JSON.stringify({ type, ...fields })
    const padding = ' '.repeat(random() * 12)
    return `event: ${type}\ndata: ${json.slice(0, -1)}${padding}}\n\n`
  }
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

/**
 * A fetch that answers with these chunks. Its body is as that of Node's own fetch: a stream of bytes that gives one network chunk for each
 * read, reads nothing ahead, and copies each chunk, because such a stream takes the buffer away from whoever gives it.
 */
export function fetchOf({ chunks }: Wire): typeof fetch {
  return () => {
    let next = 0
    const body = new ReadableStream(
      {
        type: 'bytes',
        pull(controller) {
          const chunk = chunks[next++]
          if (chunk === undefined) {
            controller.close()
            // Ends the read that is pending.
            controller.byobRequest?.respond(0)
          } else controller.enqueue(chunk.slice())
        },
      },
      { highWaterMark: 0 },
    )
    return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
  }
}

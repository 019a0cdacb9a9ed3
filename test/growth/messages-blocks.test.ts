/** Blocks of the Messages API: twice the input takes at most about twice the CPU. */

import { expect, test } from 'vitest'
import type { Message, OutputPart } from '../../src/base/messages.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { MessagesDecoder } from '../../src/wires/anthropic-messages/response.js'
import { growth } from '../support/growth.js'

/** The growth of CPU over the events of one block, which is begun, extended by each event, and ended. */
async function growthOf(
  start: object,
  event: (at: number) => object,
  events: number,
): Promise<number> {
  const block = JSON.stringify({ type: 'content_block_start', index: 0, content_block: start })
  return growth(events, (count) => {
    const frames = Array.from({ length: count }, (_, at) => JSON.stringify(event(at)))
    return async () => {
      const decoder = new MessagesDecoder('p')
      decoder.decode(block, undefined, [])
      for (const frame of frames) decoder.decode(frame, undefined, [])
      decoder.decode('{"type":"message_stop"}', undefined, [])
      JSON.stringify(decoder.raw())
    }
  })
}

const delta = (fields: object): object => ({
  type: 'content_block_delta',
  index: 0,
  delta: fields,
})
const use = { type: 'server_tool_use', id: 's', name: 'code_execution', input: {} }

const bodies: [what: string, start: object, event: (at: number) => object][] = [
  ['fragments of an input', use, () => delta({ type: 'input_json_delta', partial_json: '1,' })],
  ['deltas of an unknown kind', { type: 'x', a: '' }, () => delta({ type: 'x_delta', a: 'abcd' })],
  ['fields of an unknown kind', { type: 'x' }, (at: number) => delta({ [`f${at}`]: at })],
  [
    'blocks that never stop',
    use,
    (at: number) => ({ type: 'content_block_start', index: at, content_block: use }),
  ],
  [
    'blocks at one place',
    use,
    () => ({ type: 'content_block_start', index: 0, content_block: use }),
  ],
  [
    'fields at the end',
    use,
    (at: number) => ({ type: 'message_delta', delta: { [`f${at}`]: at }, [`g${at}`]: at }),
  ],
  [
    'counts at the end',
    use,
    (at: number) => ({ type: 'message_delta', usage: { [`f${at}`]: at } }),
  ],
]

test.each(bodies)('%s', { timeout: 60_000 }, async (_what, start, event) => {
  expect(await growthOf(start, event, 20_000)).toBeLessThan(2.6)
})

const histories: [what: string, parts: (at: number) => OutputPart[]][] = [
  [
    'server tools without results',
    (at: number): OutputPart[] => [
      { type: 'provider', name: 'x', origin: 'anthropic-messages', data: { ...use, id: `s${at}` } },
    ],
  ],
  [
    'citations of one text',
    (): OutputPart[] => [
      {
        type: 'source',
        raw: {
          type: 'web_search_result_location',
          url: 'u',
          title: null,
          encrypted_index: 'e',
          cited_text: 'c',
        },
      },
    ],
  ],
  ['cache marks', (): OutputPart[] => [{ type: 'text', text: 'a', cache: true }]],
]

test.each(histories)('a history of %s', { timeout: 60_000 }, async (_what, parts) => {
  const ratio = await growth(20_000, (count) => {
    const content = Array.from({ length: count }, (_, at) => parts(at)).flat()
    const messages: Message[] = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'text', text: 'a' }, ...content] },
      { role: 'user', content: 'q' },
    ]
    return async () => {
      encodeMessagesRequest({ messages }, 'claude-opus-5')
    }
  })
  expect(ratio).toBeLessThan(2.6)
})

test('a history of thoughts that end each message', { timeout: 60_000 }, async () => {
  const ratio = await growth(10_000, (count) => {
    const messages: Message[] = Array.from({ length: count }, () => ({
      role: 'assistant',
      content: [{ type: 'reasoning', text: 'hm', signature: 'anthropic-messages:s' }],
    }))
    messages.push({ role: 'user', content: 'q' })
    return async () => {
      encodeMessagesRequest({ messages }, 'claude-opus-5')
    }
  })
  expect(ratio).toBeLessThan(2.6)
})

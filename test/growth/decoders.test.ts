/**
 * Twice the input takes at most about twice the CPU, for whatever a provider may send.
 *
 * CPU of the process is counted, not time, so a busy machine does not matter. Quadratic work takes
 * four times as much.
 */

import { describe, expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream, sse, toResponse } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { growth } from '../support/growth.js'

/** A provider that answers with these frames, in chunks like those of a network. */
function answering(frames: string, status = 200): typeof fetch {
  const bytes = new TextEncoder().encode(frames)
  return async () => {
    let at = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (at >= bytes.length) return controller.close()
          controller.enqueue(bytes.subarray(at, at + 16_384))
          at += 16_384
        },
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { status, headers: { 'content-type': 'text/event-stream' } })
  }
}

type Options = Partial<Parameters<typeof createStream>[0]>

async function relay(driver: Driver, options: Options = {}): Promise<void> {
  // The hook keeps failures, which most of these are, from being printed.
  const stream = createStream({ driver, prompt: 'p', retry: false, onEnd: () => {}, ...options })
  await (await toResponse(stream, sse())).text()
}

const repeat = (count: number, make: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => make(at)).join('')

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

// ---------------------------------------------------------------- Chat Completions

const delta = (value: object, more: object = {}): string =>
  data({ choices: [{ index: 0, delta: value, ...more }] })
const content = (text: string): string => delta({ content: text })
const call = (index: number, id: string, text: string): string =>
  delta({ tool_calls: [{ index, id, function: { name: 'f', arguments: text } }] })
const finish = delta({}, { finish_reason: 'tool_calls' })
const done = 'data: [DONE]\n\n'

const chat = (frames: string, options: object = {}): Driver =>
  compatible({ model: 'm', baseURL: 'http://127.0.0.1/v1', fetch: answering(frames), ...options })

const pieces = (count: number, make: (at: number) => string): string => repeat(count, make) + done

describe('Chat Completions, twice as many', () => {
  test.each<[string, number, (count: number) => string, object?, Options?]>([
    [
      'details of an error',
      5_000,
      (n) =>
        data({
          error: {
            message: 'x',
            details: Array.from({ length: n }, (_, at) => ({ reason: `${'r'.repeat(90)}${at}` })),
          },
        }),
    ],
    [
      'words of an error message',
      200_000,
      (n) => data({ error: { message: 'exceed '.repeat(n) } }),
    ],
    [
      'fields of an error without a message',
      10_000,
      (n) =>
        data({ error: Object.fromEntries(Array.from({ length: n }, (_, at) => [`k${at}`, at])) }),
    ],
    [
      'fragments of a call whose id changes',
      4_000,
      (n) => pieces(n, (at) => call(0, `i${at}`, at === 0 ? '{"x":"' : 'a'.repeat(100))) + finish,
    ],
    [
      'fragments of a call whose id changes and that look whole',
      4_000,
      (n) => pieces(n, (at) => call(0, `i${at}`, at === 0 ? '{"x":"' : '}'.repeat(100))) + finish,
    ],
    [
      'calls, each with a finish reason',
      3_000,
      (n) => repeat(n, (at) => call(at, `i${at}`, '{}')) + finish.repeat(n) + done,
    ],
    [
      'unnamed calls, each with a finish reason',
      3_000,
      (n) =>
        repeat(n, (at) => delta({ tool_calls: [{ index: at, id: `i${at}`, function: {} }] })) +
        finish.repeat(n) +
        done,
    ],
    [
      'pieces of a name',
      6_000,
      (n) => pieces(n, (at) => delta({ tool_calls: [{ index: 0, function: { name: `n${at}` } }] })),
    ],
    [
      'blanks before a think tag',
      8_000,
      (n) => pieces(n, () => content(' \n')),
      { thinkTags: true },
    ],
    [
      'blanks within the reasoning',
      8_000,
      (n) => content('<think>') + pieces(n, () => content(' \n')),
      { thinkTags: true },
    ],
    [
      'beginnings of a closing tag',
      8_000,
      (n) => content('<think>') + pieces(n, () => content('</thin')),
      { thinkTags: true },
    ],
    [
      'blanks before a wrapped output',
      8_000,
      (n) => pieces(n, () => content(' \n')),
      {},
      { output: { type: 'array' } },
    ],
    [
      'blanks within the head of a wrapped output',
      8_000,
      (n) => content('{"val') + pieces(n, () => content(' \n')),
      {},
      { output: { type: 'array' } },
    ],
    [
      'blanks after a wrapped output',
      8_000,
      (n) => content('{"value":[]}') + pieces(n, () => content(' \n')),
      {},
      { output: { type: 'array' } },
    ],
    [
      'changes between text and reasoning',
      6_000,
      (n) => pieces(n, (at) => delta(at % 2 ? { content: 'a' } : { reasoning_content: 'b' })),
    ],
    [
      'citations, repeated with each chunk',
      60,
      (n) =>
        pieces(60, () =>
          delta({ content: 'a' }).replace(
            '{"choices"',
            `{"citations":${JSON.stringify(Array.from({ length: n * 4 }, (_, at) => `http://x/${at}`))},"choices"`,
          ),
        ),
    ],
    [
      "fragments of a call of the server's own tool",
      6_000,
      (n) =>
        pieces(n, () =>
          delta({
            tool_calls: [{ index: 0, id: 'w', type: 's', s: { q: 'a', list: [{ b: 1 }] } }],
          }),
        ),
    ],
    [
      "calls of the server's own tools, each with a finish reason",
      3_000,
      (n) =>
        pieces(n, (at) =>
          delta({ tool_calls: [{ index: at, type: 's', q: 'a' }] }, { finish_reason: 'stop' }),
        ),
    ],
    [
      "fragments of a call of the server's own tool, each with a finish reason",
      3_000,
      (n) =>
        pieces(n, () =>
          delta(
            { tool_calls: [{ index: 0, type: 's', q: 'a', list: [1] }] },
            { finish_reason: 'stop' },
          ),
        ),
    ],
    [
      'content parts of unknown type',
      6_000,
      (n) => pieces(n, () => delta({ content: [{ type: 's' }] })),
    ],
    [
      'pieces of audio, with and without padding',
      6_000,
      (n) =>
        pieces(n, (at) => delta({ audio: { data: at % 2 ? 'YWJj' : 'YQ==', transcript: 'a' } })),
    ],
    [
      'pieces of audio, each with a finish reason',
      3_000,
      (n) =>
        pieces(n, () => delta({ audio: { id: 'a', data: 'YWJj' } }, { finish_reason: 'stop' })),
    ],
    [
      'pieces of opaque reasoning',
      6_000,
      (n) => pieces(n, () => delta({ reasoning_opaque: 'a'.repeat(50) })),
    ],
    [
      'log probabilities and token ids',
      6_000,
      (n) =>
        pieces(n, (at) =>
          delta(
            { content: 'a' },
            { logprobs: { content: [{ token: 'a', logprob: at }] }, token_ids: [at] },
          ),
        ),
    ],
    [
      'fields beside the choices',
      6_000,
      (n) => pieces(n, (at) => data({ choices: [], [`name${at}`]: at })),
    ],
    ['lines of an event without an end', 60_000, (n) => 'data: x\n'.repeat(n)],
    ['comments', 60_000, (n) => ': ping\n\n'.repeat(n)],
    [
      'pieces of one long line',
      3_000_000,
      (n) => `data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(n / 2)}"}}]}\n\n`,
    ],
  ])('%s', async (_, count, frames, driverOptions, options) => {
    expect(
      await growth(count, (n) => {
        const driver = chat(frames(n), driverOptions)
        return () => relay(driver, options)
      }),
    ).toBeLessThan(3)
  })
})

// ---------------------------------------------------------------- the other protocols

const named = (event: { type: string }): string => `event: ${event.type}\n${data(event)}`

const claude = (frames: string): Driver =>
  anthropic({
    model: 'claude-sonnet-5-5',
    apiKey: 'k',
    baseURL: 'http://127.0.0.1',
    fetch: answering(frames),
  })
const responses = (frames: string): Driver =>
  openai({
    model: 'gpt-5.5',
    api: 'responses',
    apiKey: 'k',
    baseURL: 'http://127.0.0.1/v1',
    fetch: answering(frames),
  })
const google = (frames: string): Driver =>
  gemini({
    model: 'gemini-2.5-flash',
    apiKey: 'k',
    baseURL: 'http://127.0.0.1/v1beta',
    fetch: answering(frames),
  })

const part = (value: object): string => data({ candidates: [{ content: { parts: [value] } }] })
const item = (at: number): object => ({
  type: 'function_call',
  id: `f${at}`,
  call_id: `c${at}`,
  name: 'f',
  arguments: '{}',
})

describe('other protocols, twice as many', () => {
  test.each<[string, number, (count: number) => Driver]>([
    [
      'stop reasons after as many blocks (Messages)',
      4_000,
      (n) =>
        claude(
          named({ type: 'message_start', message: { model: 'm', usage: {} } } as never) +
            repeat(n, (at) =>
              named({
                type: 'content_block_start',
                index: at,
                content_block: { type: 'tool_use', id: `t${at}`, name: 'f', input: { a: 1 } },
              } as never),
            ) +
            repeat(n, () =>
              named({ type: 'message_delta', delta: { stop_reason: 'tool_use' } } as never),
            ) +
            named({ type: 'message_stop' }),
        ),
    ],
    [
      'citations (Messages)',
      6_000,
      (n) =>
        claude(
          named({
            type: 'content_block_start',
            index: 0,
            content_block: { type: 'text', text: 'a' },
          } as never) +
            repeat(n, (at) =>
              named({
                type: 'content_block_delta',
                index: 0,
                delta: { type: 'citations_delta', citation: { url: `u${at}` } },
              } as never),
            ) +
            named({ type: 'message_stop' }),
        ),
    ],
    [
      'items, repeated at the end (Responses)',
      2_000,
      (n) =>
        responses(
          repeat(n, (at) =>
            named({
              type: 'response.output_item.added',
              output_index: at,
              item: item(at),
            } as never),
          ) +
            named({
              type: 'response.completed',
              response: {
                status: 'completed',
                output: Array.from({ length: n }, (_, at) => item(at)),
              },
            } as never),
        ),
    ],
    [
      'fragments whose item id changes (Responses)',
      6_000,
      (n) =>
        responses(
          named({
            type: 'response.output_item.added',
            output_index: 0,
            item: { ...item(0), arguments: '' },
          } as never) +
            repeat(n, (at) =>
              named({
                type: 'response.function_call_arguments.delta',
                output_index: 0,
                item_id: `x${at}`,
                delta: 'a',
              } as never),
            ) +
            named({ type: 'response.completed', response: { status: 'completed' } } as never),
        ),
    ],
    [
      'items of the server, parts of a message, and log probabilities (Responses)',
      1_500,
      (n) => {
        const search = (at: number): object => ({ type: 'web_search_call', id: `ws_${at}` })
        const place = { output_index: n, item_id: 'msg_1' }
        const parts = Array.from({ length: n }, () => ({ type: 'output_text', text: 'a' }))
        const message = { type: 'message', id: 'msg_1', content: parts }
        return responses(
          repeat(n, (at) =>
            named({
              type: 'response.output_item.added',
              output_index: at,
              item: search(at),
            } as never),
          ) +
            repeat(n, (at) =>
              named({
                type: 'response.output_text.delta',
                ...place,
                content_index: at,
                delta: 'a',
                logprobs: [{ token: 'a', logprob: -1 }],
              } as never),
            ) +
            named({ type: 'response.output_item.done', ...place, item: message } as never) +
            named({
              type: 'response.completed',
              response: {
                status: 'completed',
                output: [...Array.from({ length: n }, (_, at) => search(at)), message],
              },
            } as never),
        )
      },
    ],
    [
      'paths of partial arguments (Gemini)',
      4_000,
      (n) =>
        google(
          part({ functionCall: { name: 'f', willContinue: true } }) +
            repeat(n, (at) =>
              part({
                functionCall: {
                  willContinue: true,
                  partialArgs: [{ jsonPath: `$.a${at}[0]`, numberValue: 1 }],
                },
              }),
            ) +
            data({ candidates: [{ finishReason: 'STOP', content: { parts: [] } }] }),
        ),
    ],
    [
      'grounding, repeated with each chunk (Gemini)',
      60,
      (n) =>
        google(
          repeat(60, () =>
            data({
              candidates: [
                {
                  content: { parts: [{ text: 'a' }] },
                  groundingMetadata: {
                    groundingChunks: Array.from({ length: n * 4 }, (_, at) => ({
                      web: { uri: `u${at}` },
                    })),
                  },
                },
              ],
            }),
          ) + data({ candidates: [{ finishReason: 'STOP', content: { parts: [] } }] }),
        ),
    ],
  ])('%s', async (_, count, driverOf) => {
    expect(
      await growth(count, (n) => {
        const driver = driverOf(n)
        return () => relay(driver)
      }),
    ).toBeLessThan(3)
  })
})

describe('bodies of refused requests, twice as long', () => {
  test.each<[string, (count: number) => string]>([
    ['a page of tags without an end', (n) => `<html>${'<script'.repeat(n)}`],
    ['a page of brackets', (n) => `<!doctype html>${'<'.repeat(n * 7)}`],
    ['a page with a title without an end', (n) => `<html><title>${'<title '.repeat(n)}`],
    ['sentences', (n) => 'exceed context '.repeat(n)],
    [
      'JSON within JSON',
      (n) =>
        JSON.stringify({
          error: { metadata: { raw: JSON.stringify({ error: { message: 'x'.repeat(n * 7) } }) } },
        }),
    ],
    ['blanks', (n) => ' '.repeat(n * 7)],
  ])('%s', async (_, body) => {
    expect(
      await growth(50_000, (n) => {
        const driver = compatible({
          model: 'm',
          baseURL: 'http://127.0.0.1/v1',
          fetch: answering(body(n), 500),
        })
        return () => relay(driver)
      }),
    ).toBeLessThan(3)
  })
})

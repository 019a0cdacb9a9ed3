/**
 * `openaiChat()` as the `openai` SDK reads it.
 */

import OpenAI, { APIError, RateLimitError } from 'openai'
import type { ChatCompletionChunk } from 'openai/resources'
import { describe, expect, test } from 'vitest'
import { openaiChat } from '../../../src/entries/formats.js'
import { closedAfter, openRoute, type Route } from './route.js'

const question = {
  model: 'm',
  messages: [{ role: 'user' as const, content: 'Hi' }],
  stream: true as const,
}

function clientOf(route: Route): OpenAI {
  return new OpenAI({ apiKey: 'any', baseURL: `${route.url}/v1`, maxRetries: 0 })
}

/** As a route does it: the client's wish for usage is passed on. */
function asked(body: Record<string, unknown>): ReturnType<typeof openaiChat> {
  const { stream_options: options } = body as { stream_options?: { include_usage?: boolean } }
  return openaiChat({ includeUsage: options?.include_usage ?? false })
}

/** The chunks until the end, and the error that ended them. */
async function read(
  stream: AsyncIterable<ChatCompletionChunk>,
): Promise<{ chunks: ChatCompletionChunk[]; text: string; error?: unknown }> {
  const chunks: ChatCompletionChunk[] = []
  let error: unknown
  try {
    for await (const chunk of stream) chunks.push(chunk)
  } catch (thrown) {
    error = thrown
  }
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
  return { chunks, text, ...(error === undefined ? {} : { error }) }
}

describe('the openai SDK', () => {
  test('reads the chunks, the role first', async () => {
    await using route = await openRoute({ reasoning: 'Hm.', text: 'Hello there.' }, asked)
    const { chunks, text, error } = await read(
      await clientOf(route).chat.completions.create(question),
    )
    expect(error).toBeUndefined()
    expect(text).toBe('Hello there.')
    const [first] = chunks
    expect(first).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion.chunk',
      created: expect.closeTo(Date.now() / 1000, -2),
      model: 'm',
      choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
    })
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1)
    expect(chunks[1]?.choices[0]?.delta).toEqual({ reasoning_content: expect.any(String) })
    expect(chunks.at(-1)?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop' }])
  })

  test('gets the usage in a last chunk when it asks for it', async () => {
    await using route = await openRoute('Hello there.', asked)
    const { chunks } = await read(
      await clientOf(route).chat.completions.create({
        ...question,
        stream_options: { include_usage: true },
      }),
    )
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
      },
    })
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
  })

  test('builds a completion of several calls by its own helper', async () => {
    const toolCalls = [
      { id: 'c1', name: 'weather', input: { city: 'Wien, Graz und Linz' } },
      { id: 'c2', name: 'time', input: {} },
    ]
    await using route = await openRoute({ text: 'Let me see.', toolCalls }, asked)
    const runner = clientOf(route).chat.completions.stream(question)
    expect(await runner.finalChatCompletion()).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Let me see.',
            tool_calls: [
              {
                id: 'c1',
                type: 'function',
                function: { name: 'weather', arguments: '{"city":"Wien, Graz und Linz"}' },
              },
              { id: 'c2', type: 'function', function: { name: 'time', arguments: '{}' } },
            ],
          },
        },
      ],
    })
  })

  test('throws a failure after content, in public words', async () => {
    const body = { error: { message: 'sk-secret', type: 'server_error' } }
    const failing = {
      text: 'Half an answer',
      fault: { kind: 'error', afterEvents: 3, body },
    } as const
    await using route = await openRoute(failing, asked, { retry: false })
    const { text, error } = await read(await clientOf(route).chat.completions.create(question))
    expect(text).toMatch(/^Half/)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({
      error: {
        message: 'The model had an internal error.',
        type: 'server_error',
        code: 'server',
        param: null,
      },
    })
    expect(JSON.stringify(error)).not.toContain('sk-secret')
  })

  test('throws its error for a status when the failure comes before content', async () => {
    const refused = { fault: { kind: 'status', status: 429 } } as const
    await using route = await openRoute(refused, asked, { retry: false })
    const error = await clientOf(route)
      .chat.completions.create(question)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      type: 'rate_limit_error',
    })
  })

  test('sees nothing of a retry before content', async () => {
    const refused = { fault: { kind: 'status', status: 503 } } as const
    await using route = await openRoute([refused, 'Right.'], asked)
    const { chunks, text } = await read(await clientOf(route).chat.completions.create(question))
    expect(text).toBe('Right.')
    expect(chunks.filter(({ choices }) => choices[0]?.delta.role === 'assistant')).toHaveLength(1)
  })

  test('throws retracted when a restart voids content, and nothing comes of the new attempt', async () => {
    const cut = { text: 'Wrong words that stand', fault: { kind: 'cut', afterEvents: 4 } } as const
    await using route = await openRoute([cut, 'word '.repeat(500)], asked, { paceMs: 5 })
    const { text, error } = await read(await clientOf(route).chat.completions.create(question))
    expect(text).toMatch(/^Wrong/)
    expect(error).toMatchObject({ code: 'retracted', message: expect.stringContaining('again') })
    await expect(route.streams[0]?.final()).rejects.toMatchObject({ code: 'aborted' })
  })

  test('goes on where the model does', async () => {
    const cut = { text: 'One two three', fault: { kind: 'cut', afterEvents: 4 } } as const
    const retry = { minDelayMs: 0, afterContent: 'continue' } as const
    await using route = await openRoute([cut, 'and on.'], asked, { retry })
    const { text, error } = await read(await clientOf(route).chat.completions.create(question))
    expect(error).toBeUndefined()
    expect(text).toMatch(/^One .*and on\.$/)
  })

  test("closes the provider's socket when it leaves", async () => {
    await using route = await openRoute('word '.repeat(500), asked, { paceMs: 5 })
    const stream = await clientOf(route).chat.completions.create(question)
    const chunks = stream[Symbol.asyncIterator]()
    for (let count = 0; count < 4; count++) await chunks.next()
    expect(await closedAfter(route, () => stream.controller.abort())).toBeLessThan(2_000)
  })

  test('throws what a cancellation at the server is', async () => {
    await using route = await openRoute('word '.repeat(500), asked, { paceMs: 5 })
    const stream = await clientOf(route).chat.completions.create(question)
    route.streams[0]?.cancel()
    expect((await read(stream)).error).toMatchObject({ code: 'aborted' })
  })

  test('throws when the server dies', async () => {
    await using route = await openRoute('word '.repeat(500), asked, { paceMs: 5 })
    const stream = await clientOf(route).chat.completions.create(question)
    route.die()
    expect((await read(stream)).error).toMatchObject({ message: 'terminated' })
  })

  test('reads the text of all steps and the calls that wait, with the usage of all of them', async () => {
    const call = (id: string, name: string) => ({ id, name, input: { city: 'Wien' } })
    const answers = [
      { text: 'One. ', toolCalls: [call('a', 'weather')] },
      { text: 'Two.', toolCalls: [call('b', 'weather'), call('c', 'pick')] },
    ]
    const parameters = { type: 'object' } as const
    const tools = { weather: { parameters, run: () => 'sun' }, pick: { parameters } }
    await using route = await openRoute(answers, () => openaiChat({ includeUsage: true }), {
      tools,
    })
    const runner = clientOf(route).chat.completions.stream({ model: 'm', messages: [] })
    const { choices, usage } = await runner.finalChatCompletion()
    expect(choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: { content: 'One. Two.', tool_calls: [{ id: 'c', function: { name: 'pick' } }] },
      },
    ])
    expect(choices[0]?.message.tool_calls).toHaveLength(1)
    expect(usage).toMatchObject(
      (await route.streams[0]?.final().then(({ usage: { inputTokens, outputTokens } }) => ({
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
      }))) ?? {},
    )
  })
})

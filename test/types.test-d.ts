import Anthropic from '@anthropic-ai/sdk'
import { BaseAnthropic } from '@anthropic-ai/sdk/client'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import { Cluster, Redis } from 'ioredis'
import { AzureOpenAI, OpenAI } from 'openai'
import { createClient, createCluster } from 'redis'
import * as v from 'valibot'
import { assertType, describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { anthropic } from '../src/entries/anthropic.js'
import { type ConnectOptions, readStream } from '../src/entries/client.js'
import { compatible } from '../src/entries/compatible.js'
import { createConversation, memoryStore } from '../src/entries/conversation.js'
import {
  type CompleteEvent,
  type CompleteEventWithOutput,
  type ContentEvent,
  createStream,
  type Driver,
  type EventStream,
  type Message,
  type OutputStream,
  type StreamError,
  type StreamEvent,
  sse,
  toResponse,
} from '../src/entries/index.js'
import { openai } from '../src/entries/openai.js'
import { type PartialValues, partialJson } from '../src/entries/partial-json.js'
import { redisStore } from '../src/entries/redis.js'
import { record } from '../src/entries/testing.js'

declare const driver: Driver
declare const event: StreamEvent

describe('types', () => {
  test('any function like fetch can take its place, although the global one has properties in some runtimes', () => {
    type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>
    expectTypeOf<Parameters<typeof openai>[0]['fetch']>().toEqualTypeOf<Fetch | undefined>()
    expectTypeOf<ConnectOptions['fetch']>().toEqualTypeOf<Fetch | undefined>()
    expectTypeOf(record).parameter(0).toEqualTypeOf<Fetch>()
    expectTypeOf<typeof globalThis.fetch & { preconnect(url: string): void }>().toExtend<Fetch>()
  })

  test('a stream is an async iterable of exactly five kinds of event', () => {
    expectTypeOf(createStream({ driver, prompt: 'p' })).toEqualTypeOf<EventStream>()
    expectTypeOf<StreamEvent['type']>().toEqualTypeOf<
      'start' | 'content' | 'retry' | 'complete' | 'error'
    >()
    expectTypeOf<EventStream>().toExtend<AsyncIterable<StreamEvent> & AsyncDisposable>()
    expectTypeOf<ReturnType<EventStream['final']>>().toEqualTypeOf<Promise<CompleteEvent>>()
  })

  test('an event is narrowed by its type, and content by its kind', () => {
    if (event.type === 'content') expectTypeOf(event).toEqualTypeOf<ContentEvent>()
    if (event.type === 'content' && event.kind === 'text') expectTypeOf(event.text).toBeString()
    if (event.type === 'error') expectTypeOf(event.error).toEqualTypeOf<StreamError>()
    // @ts-expect-error: text is on content only
    assertType(event.text)
  })

  test("the users' own clients fit, and strangers do not", () => {
    openai({ model: 'm', client: new OpenAI() })
    openai({ model: 'm', client: new AzureOpenAI() })
    anthropic({ model: 'm', client: new Anthropic() })
    anthropic({ model: 'm', client: new BaseAnthropic() })
    // @ts-expect-error: not a client of OpenAI
    openai({ model: 'm', client: new Anthropic() })
    // @ts-expect-error: the address is needed
    compatible({ model: 'm' })
  })

  test('a conversation gives streams of the type that it, or the turn, asks for', () => {
    const store = memoryStore()
    const plain = createConversation({ id: 'c', driver, store })
    expectTypeOf(plain.send('Hello')).toEqualTypeOf<EventStream>()
    const output = z.object({ city: z.string() })
    const typed = createConversation({ id: 'c', driver, store, output })
    expectTypeOf(typed.send('Hello')).toEqualTypeOf<OutputStream<{ city: string }>>()
    expectTypeOf(plain.send('Hello', { output })).toEqualTypeOf<OutputStream<{ city: string }>>()
    expectTypeOf<CompleteEvent['messageCount']>().toEqualTypeOf<number | undefined>()
    // @ts-expect-error: what is said is the input
    plain.send('Hello', { prompt: 'p' })
    // @ts-expect-error: a store is needed
    createConversation({ id: 'c', driver })
  })

  test('the clients of both Redis libraries fit', () => {
    redisStore(createClient())
    redisStore(createClient({ RESP: 2 }))
    redisStore(createCluster({ rootNodes: [] }))
    redisStore(new Redis({ lazyConnect: true }))
    redisStore(new Cluster([], { lazyConnect: true }))
    // @ts-expect-error: no client
    redisStore({ get: () => {} })
  })

  test('wrong options are errors of the compiler', () => {
    // @ts-expect-error: a driver is needed
    createStream({ prompt: 'p' })
    // @ts-expect-error: undefined is not a temperature
    createStream({ driver, prompt: 'p', temperature: undefined })
    // @ts-expect-error: no such mode
    createStream({ driver, prompt: 'p', retry: { afterContent: 'ignore' } })
  })

  test('the output has the type that its schema gives', () => {
    const output = z.object({ name: z.string(), minutes: z.coerce.number() })
    type Recipe = { name: string; minutes: number }
    const stream = createStream({ driver, prompt: 'p', output })
    expectTypeOf(stream).toEqualTypeOf<OutputStream<Recipe>>()
    expectTypeOf(stream.final()).toEqualTypeOf<Promise<CompleteEventWithOutput<Recipe>>>()
    expectTypeOf<CompleteEvent<Recipe>['output']>().toEqualTypeOf<Recipe | undefined>()
    expectTypeOf(
      createStream({
        driver,
        prompt: 'p',
        output: toStandardJsonSchema(v.object({ name: v.string(), minutes: v.number() })),
      }),
    ).toEqualTypeOf<OutputStream<Recipe>>()
    expectTypeOf(
      createStream({ driver, prompt: 'p', output: type({ name: 'string', minutes: 'number' }) }),
    ).toEqualTypeOf<OutputStream<Recipe>>()
    expectTypeOf(stream).toExtend<EventStream<Recipe>>()
    expectTypeOf(stream).toExtend<EventStream>()
    void toResponse(stream, sse())
  })

  test('the output of a plain JSON Schema is unknown', () => {
    const output = { type: 'object', properties: {} } as const
    expectTypeOf(createStream({ driver, prompt: 'p', output })).toEqualTypeOf<OutputStream>()
    expectTypeOf<CompleteEvent['output']>().toBeUnknown()
    // @ts-expect-error: valibot's own schemas do not know their JSON Schema
    createStream({ driver, prompt: 'p', output: v.object({}) })
    // @ts-expect-error: not a schema
    createStream({ driver, prompt: 'p', output: 'object' })
  })

  test('what grows has the type of the output, with everything optional', () => {
    const output = z.object({ name: z.string(), steps: z.array(z.object({ text: z.string() })) })
    for (const values of [partialJson(createStream({ driver, prompt: 'p', output }))]) {
      expectTypeOf(values).toExtend<
        AsyncIterableIterator<{ name?: string; steps?: { text?: string }[] }>
      >()
      expectTypeOf(values[Symbol.asyncIterator]()).toEqualTypeOf<
        AsyncIterableIterator<{ name?: string; steps?: { text?: string }[] }>
      >()
    }
    const stream = createStream({ driver, prompt: 'p' })
    expectTypeOf(partialJson(stream)).toEqualTypeOf<PartialValues<unknown>>()
    expectTypeOf(partialJson<{ city: string }>(stream, { tool: 'weather' })).toExtend<
      AsyncIterableIterator<{ city?: string }>
    >()
    expectTypeOf(partialJson<{ city: string }>(readStream(new Response()))).toExtend<
      AsyncIterableIterator<{ city?: string }>
    >()
    // @ts-expect-error: no such choice
    partialJson(stream, { name: 'weather' })
  })

  test('the elements of an array have the type that the path leads to', () => {
    type Elements<Element> = AsyncIterableIterator<Element>
    interface Step {
      text: string
      parts?: Step[] | null
    }
    interface Recipe {
      name: string
      date: Date
      recipe: { steps: readonly Step[] }
      rows: number[][]
      pair: [string, boolean] | undefined
      notes: Record<string, string[]>
      either: { kind: 'a'; items: string[] } | { kind: 'b'; items: number[] } | { kind: 'c' } | null
      open: unknown
    }
    const values = partialJson<Recipe>(readStream(new Response()))
    expectTypeOf(values.elements('recipe.steps')).toEqualTypeOf<Elements<Step>>()
    expectTypeOf(values.elements('recipe.steps.*.parts')).toEqualTypeOf<Elements<Step>>()
    expectTypeOf(values.elements('recipe.steps.*.parts.*.parts')).toEqualTypeOf<Elements<Step>>()
    expectTypeOf(values.elements('rows')).toEqualTypeOf<Elements<number[]>>()
    expectTypeOf(values.elements('rows.*')).toEqualTypeOf<Elements<number>>()
    expectTypeOf(values.elements('pair')).toEqualTypeOf<Elements<string | boolean>>()
    expectTypeOf(values.elements('notes.monday')).toEqualTypeOf<Elements<string>>()
    expectTypeOf(values.elements('either.items')).toEqualTypeOf<Elements<string | number>>()
    expectTypeOf(values.elements('open')).toEqualTypeOf<Elements<unknown>>()
    expectTypeOf(values.elements('open.list')).toEqualTypeOf<Elements<unknown>>()
    values.elements('rows', { onRestart: (retry) => retry?.error.code })
    // @ts-expect-error: not an array
    values.elements('name')
    // @ts-expect-error: no such key
    values.elements('recipe.stepz')
    // @ts-expect-error: an array on the way takes a star
    values.elements('recipe.steps.parts')
    // @ts-expect-error: the answer itself is not an array
    values.elements()
    // @ts-expect-error: the answer itself is not an array
    values.elements('')
    // @ts-expect-error: no such option
    values.elements('rows', { onrestart: () => {} })

    const list = partialJson(
      createStream({ driver, prompt: 'p', output: z.array(z.object({ cells: z.array(z.int()) })) }),
    )
    expectTypeOf(list.elements()).toEqualTypeOf<Elements<{ cells: number[] }>>()
    expectTypeOf(list.elements('')).toEqualTypeOf<Elements<{ cells: number[] }>>()
    expectTypeOf(list.elements('*.cells')).toEqualTypeOf<Elements<number>>()

    const untyped = partialJson(createStream({ driver, prompt: 'p' }))
    expectTypeOf(untyped.elements()).toEqualTypeOf<Elements<unknown>>()
    expectTypeOf(untyped.elements('any.path')).toEqualTypeOf<Elements<unknown>>()

    type Json = string | number | Json[] | { [key: string]: Json }
    const json = partialJson<Json>(createStream({ driver, prompt: 'p' }))
    expectTypeOf(json.elements('a.*.b')).toEqualTypeOf<Elements<Json>>()
    const nested = partialJson<{ a: { b: { c: { d: { e: { f: { g: string[] } } } } } } }>(
      readStream(new Response()),
    )
    expectTypeOf(nested.elements('a.b.c.d.e.f.g')).toEqualTypeOf<Elements<string>>()
  })

  test('the message of an answer goes back into a conversation as it is', () => {
    expectTypeOf<CompleteEvent['message']>().toExtend<Message>()
  })
})

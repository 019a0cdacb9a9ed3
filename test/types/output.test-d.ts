import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  type Conversation,
  type ConversationOptions,
  createConversation,
  memoryStore,
  type SendOptions,
} from '../../src/entries/conversation.js'
import {
  createStream,
  type Driver,
  type EventStream,
  type OutputSchema,
  type OutputStream,
  type StandardSchema,
  type StreamOptions,
  type StreamRequest,
  sse,
  type Tool,
  toResponse,
} from '../../src/entries/index.js'
import { partialJson } from '../../src/entries/partial-json.js'

const Recipe = z.object({ title: z.string() })
type Recipe = { title: string }

declare const driver: Driver
declare const tools: Record<string, Tool>
declare const signal: AbortSignal
declare const maybe: boolean

describe('the output of a request without tools', () => {
  test('is never absent, in final() and in the iteration', async () => {
    const stream = createStream({ driver, prompt: 'p', output: Recipe })
    expectTypeOf(stream).toEqualTypeOf<OutputStream<Recipe>>()
    expectTypeOf((await stream.final()).output).toEqualTypeOf<Recipe>()
    expectTypeOf((await stream.final()).output.title).toBeString()
    for await (const event of stream) {
      if (event.type === 'complete') expectTypeOf(event.output.title).toBeString()
      if (event.type === 'content' && event.kind === 'text') expectTypeOf(event.text).toBeString()
      // @ts-expect-error: an error has no output
      if (event.type === 'error') void event.output
    }
  })

  test('is never absent for a schema whose type a function does not know', () => {
    async function ask<Output>(output: StandardSchema<Output>): Promise<Output> {
      return (await createStream({ driver, prompt: 'p', output }).final()).output
    }
    async function askAny<Output>(output: OutputSchema<Output>): Promise<Output> {
      return (await createStream({ driver, messages: [], output }).final()).output
    }
    expectTypeOf(ask(Recipe)).toEqualTypeOf<Promise<Recipe>>()
    expectTypeOf(askAny(Recipe)).toEqualTypeOf<Promise<Recipe>>()
  })

  test('goes wherever a stream goes', () => {
    const stream = createStream({ driver, prompt: 'p', output: Recipe })
    const annotated: OutputStream<Recipe> = createStream({ driver, prompt: 'p', output: Recipe })
    const wider: EventStream<Recipe> = createStream({ driver, prompt: 'p', output: Recipe })
    expectTypeOf(annotated).toExtend<typeof wider>()
    expectTypeOf(createStream<Recipe>({ driver, prompt: 'p', output: Recipe })).toEqualTypeOf<
      EventStream<Recipe>
    >()
    expectTypeOf(stream).toExtend<EventStream<Recipe>>()
    expectTypeOf(partialJson(stream)).toExtend<AsyncIterableIterator<{ title?: string }>>()
    void toResponse(stream, sse())
  })
})

describe('the output of any other request', () => {
  test('may be absent with tools, and if it is not known whether there are tools', async () => {
    const stream = createStream({ driver, prompt: 'p', output: Recipe, tools })
    expectTypeOf(stream).toEqualTypeOf<EventStream<Recipe>>()
    expectTypeOf((await stream.final()).output).toEqualTypeOf<Recipe | undefined>()
    // @ts-expect-error: it may call a tool
    void (await stream.final()).output.title
    for await (const event of stream) {
      // @ts-expect-error: it may call a tool
      if (event.type === 'complete') void event.output.title
    }
    const options: { tools?: Record<string, Tool> } = maybe ? { tools } : {}
    expectTypeOf(createStream({ driver, prompt: 'p', output: Recipe, ...options })).toEqualTypeOf<
      EventStream<Recipe>
    >()
  })

  test('may be absent if it is not known whether it was asked for', () => {
    const options: { output?: typeof Recipe } = maybe ? { output: Recipe } : {}
    expectTypeOf(createStream({ driver, prompt: 'p', ...options })).toEqualTypeOf<
      EventStream<Recipe>
    >()
    expectTypeOf((all: StreamOptions<Recipe>) => createStream(all)).returns.toEqualTypeOf<
      EventStream<Recipe>
    >()
    expectTypeOf((request: StreamRequest) =>
      createStream({ driver, ...request }),
    ).returns.toEqualTypeOf<EventStream>()
  })

  test('may be absent for whoever wraps createStream()', () => {
    const create: (options: StreamOptions) => EventStream = createStream
    expectTypeOf<Parameters<typeof createStream>>().toEqualTypeOf<[options: StreamOptions]>()
    expectTypeOf<ReturnType<typeof createStream>>().toEqualTypeOf<EventStream>()
    function wrap<Output>(options: StreamOptions<Output>): EventStream<Output> {
      return createStream({ ...options, retry: false })
    }
    expectTypeOf(wrap({ driver, prompt: 'p', output: Recipe })).toEqualTypeOf<EventStream<Recipe>>()
    expectTypeOf(create).toBeFunction()
  })

  test('is unknown without a schema', async () => {
    const { output } = await createStream({ driver, prompt: 'p' }).final()
    expectTypeOf(output).toBeUnknown()
  })
})

describe('the output of a turn', () => {
  const store = memoryStore()
  const plain = createConversation({ id: 'c', driver, store })
  const typed = createConversation({ id: 'c', driver, store, output: Recipe })
  const withTools = createConversation({ id: 'c', driver, store, output: Recipe, tools })

  test('is never absent if the turn or the conversation has one, and neither has tools', async () => {
    expectTypeOf((await typed.send('Hello').final()).output.title).toBeString()
    expectTypeOf(typed.send('Hello', { signal })).toEqualTypeOf<OutputStream<Recipe>>()
    expectTypeOf(plain.send('Hello', { output: Recipe })).toEqualTypeOf<OutputStream<Recipe>>()
    expectTypeOf(typed.send('Hello', { output: z.string() })).toEqualTypeOf<OutputStream<string>>()
    expectTypeOf(plain.send('Hello')).toEqualTypeOf<EventStream>()
    expectTypeOf(plain.send('Hello', { signal })).toEqualTypeOf<EventStream>()
  })

  test('may be absent with tools, and if it is not known whether there are tools', () => {
    expectTypeOf(typed.send('Hello', { tools })).toEqualTypeOf<EventStream<Recipe>>()
    expectTypeOf(plain.send('Hello', { output: Recipe, tools })).toEqualTypeOf<
      EventStream<Recipe>
    >()
    expectTypeOf(withTools.send('Hello')).toEqualTypeOf<EventStream<Recipe>>()
    expectTypeOf(withTools.send('Hello', { output: z.string() })).toEqualTypeOf<
      EventStream<string>
    >()
    expectTypeOf((options: SendOptions<Recipe>) =>
      typed.send('Hello', options),
    ).returns.toEqualTypeOf<EventStream<Recipe>>()
    expectTypeOf((options: ConversationOptions<Recipe>) =>
      createConversation(options).send('Hello'),
    ).returns.toEqualTypeOf<EventStream<Recipe>>()
  })

  test('leaves a conversation assignable to its plain type', () => {
    expectTypeOf(typed).toExtend<Conversation<Recipe>>()
    expectTypeOf(typed).toExtend<Conversation>()
    expectTypeOf(plain).toExtend<Conversation>()
  })

  test('does not let wrong options of a turn or a conversation pass', () => {
    // @ts-expect-error: the input of the turn is its prompt
    plain.send('Hello', { prompt: 'p' })
    // @ts-expect-error: no such option
    typed.send('Hello', { temprature: 1 })
    // @ts-expect-error: no such option
    createConversation({ id: 'c', driver, store, temprature: 1 })
    // @ts-expect-error: the turns have the messages
    createConversation({ id: 'c', driver, store, messages: [] })
  })
})

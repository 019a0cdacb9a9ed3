import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  type Conversation,
  createConversation,
  memoryStore,
} from '../../src/entries/conversation.js'
import {
  Accumulator,
  type CompleteEvent,
  createStream,
  type Driver,
  type EventStream,
  type JsonSchema,
  type Message,
  type OutputOf,
  type OutputStream,
  type RunContext,
  type SentInputOf,
  type StandardJsonSchema,
  type StepCall,
  type StreamOptions,
  sse,
  type Tool,
  type ToolSet,
  type ToolType,
  type ToolTypesOf,
  tool,
  toolResult,
  toResponse,
  type WaitingCall,
} from '../../src/entries/index.js'

interface Forecast {
  degrees: number
}

declare const driver: Driver
declare const unknownTools: Record<string, Tool>
declare function forecast(city: string, signal: AbortSignal): Promise<Forecast>

// Before and after its transformation.
type Sent = { city: string; days: string; unit?: string | undefined }
type Parsed = { city: string; days: number; unit: string }
const City = z.object({
  city: z.string(),
  days: z.string().transform(Number),
  unit: z.string().default('C'),
})

const weather = tool({
  description: 'The weather in a city.',
  parameters: City,
  run: ({ city }, { signal }) => forecast(city, signal),
})
const pay = tool({
  parameters: z.object({ amount: z.number() }),
  approve: ({ amount }) => amount > 100,
  run: () => 'Paid.',
})
const pickDate = tool({ parameters: z.object({ from: z.string() }) })
const tools = { weather, pay, pickDate }
type Types =
  | ToolType<'weather', Sent, Forecast | string>
  | ToolType<'pay', { amount: number }, string>
  | ToolType<'pickDate', { from: string }>

describe('the input of a tool', () => {
  test('is what the validation of its schema returns', () => {
    tool({
      parameters: City,
      approve: (input, { id, step }) => {
        expectTypeOf(input).toEqualTypeOf<Parsed>()
        expectTypeOf(id).toBeString()
        return step > 1
      },
      run(input, context) {
        expectTypeOf(input).toEqualTypeOf<Parsed>()
        expectTypeOf(context).toEqualTypeOf<RunContext>()
      },
    })
    tool({
      parameters: type({ city: 'string' }),
      run: (input) => expectTypeOf(input).toEqualTypeOf<{ city: string }>(),
    })
    tool({
      parameters: toStandardJsonSchema(v.object({ days: v.pipe(v.string(), v.transform(Number)) })),
      run: (input) => expectTypeOf(input).toEqualTypeOf<{ days: number }>(),
    })
    tool({
      parameters: City,
      // @ts-expect-error: no such field
      run: ({ town }) => town,
    })
    tool({
      parameters: City,
      // @ts-expect-error: the schema returns something else
      run: ({ city }: { city: number }) => city,
    })
  })

  test('is anything for a schema that does not validate', () => {
    const schema: JsonSchema = {}
    tool({ parameters: schema, run: (input) => expectTypeOf(input).toBeAny() })
    tool({ parameters: { type: 'object' }, run: (input) => expectTypeOf(input).toBeAny() })
    tool({ parameters: {}, run: ({ city }: { city: string }) => city })
    expectTypeOf((parameters: StandardJsonSchema) =>
      tool({ parameters, run: (input) => expectTypeOf(input).toBeAny() }),
    ).toBeFunction()
  })

  test('is what `validate` returns for a schema that does not validate', () => {
    tool({
      parameters: {},
      validate: async (input) => ({ city: String(input) }),
      approve: ({ city }) => city === 'Oslo',
      run: (input) => expectTypeOf(input).toEqualTypeOf<{ city: string }>(),
    })
    tool({
      parameters: {},
      validate: (input) => ({ city: String(input) }),
      // @ts-expect-error: no such field
      run: ({ town }) => town,
    })
    // @ts-expect-error: the schema validates
    tool({ parameters: City, validate: () => ({ city: 'Oslo', days: 1, unit: 'C' }) })
  })

  test('does not hide other mistakes', () => {
    // @ts-expect-error: no such field
    tool({ parameters: City, execute: () => 1 })
    // @ts-expect-error: a schema is needed
    tool({ run: () => 1 })
    // @ts-expect-error: valibot's own schemas do not know their JSON Schema
    tool({ parameters: v.object({}) })
  })

  test('is known as the model sent it, if the schema has validated it', () => {
    expectTypeOf<SentInputOf<typeof weather>>().toEqualTypeOf<Sent>()
    const days = tool({
      parameters: toStandardJsonSchema(v.object({ days: v.pipe(v.string(), v.transform(Number)) })),
    })
    expectTypeOf<SentInputOf<typeof days>>().toEqualTypeOf<{ days: string }>()
    const city = tool({ parameters: type({ city: 'string' }) })
    expectTypeOf<SentInputOf<typeof city>>().toEqualTypeOf<{ city: string }>()
    const plain = tool({ parameters: {}, validate: (input) => String(input) })
    expectTypeOf<SentInputOf<typeof plain>>().toBeUnknown()
    // `validate` takes the place of the schema's validation.
    const own = { parameters: City, validate: (input: unknown) => input }
    expectTypeOf<SentInputOf<typeof own>>().toBeUnknown()
    expectTypeOf<SentInputOf<Tool>>().toBeUnknown()
  })
})

describe('the output of a tool', () => {
  const parameters = City
  test('is what `run` returns', () => {
    expectTypeOf<OutputOf<typeof weather>>().toEqualTypeOf<Forecast>()
    expectTypeOf<OutputOf<typeof pay>>().toEqualTypeOf<string>()
    expectTypeOf(weather).toExtend<Tool<Parsed, Forecast>>()
    const sum = tool({ parameters, run: async () => [1, 2] as const })
    expectTypeOf<OutputOf<typeof sum>>().toEqualTypeOf<readonly [1, 2]>()
    const inline = { parameters, run: async () => ({ degrees: 7 }) }
    expectTypeOf<OutputOf<typeof inline>>().toEqualTypeOf<{ degrees: number }>()
    const image = tool({ parameters, run: () => toolResult({ output: { width: 1 }, content: [] }) })
    expectTypeOf<OutputOf<typeof image>>().toEqualTypeOf<{ width: number }>()
    // @ts-expect-error: no such field
    toolResult({ output: 1, contents: [] })
  })

  test('is what a generator returns, or else what it yields last', () => {
    const returned = tool({
      parameters,
      async *run({ city }) {
        yield 'Reading 3 pages.'
        return { pages: [city] }
      },
    })
    expectTypeOf<OutputOf<typeof returned>>().toEqualTypeOf<{ pages: string[] }>()
    const yielded = tool({
      parameters,
      *run({ city }) {
        yield { pages: [city] }
      },
    })
    // It is null if nothing was yielded either.
    expectTypeOf<OutputOf<typeof yielded>>().toEqualTypeOf<{ pages: string[] } | null>()
  })

  test('is JSON', () => {
    const dated = tool({ parameters, run: () => ({ at: new Date(), by: [{ on: new Date() }] }) })
    expectTypeOf<OutputOf<typeof dated>>().toEqualTypeOf<{ at: string; by: { on: string }[] }>()
    const nothing = tool({ parameters, run: async () => {} })
    expectTypeOf<OutputOf<typeof nothing>>().toEqualTypeOf<null>()
  })

  test('is unknown without `run`, and if nothing is known of it', () => {
    expectTypeOf<OutputOf<typeof pickDate>>().toBeUnknown()
    expectTypeOf<OutputOf<Tool>>().toBeUnknown()
  })
})

describe('a stream with tools', () => {
  const stream = createStream({ driver, prompt: 'p', tools })

  test('has their types', () => {
    expectTypeOf(stream).toEqualTypeOf<EventStream<unknown, Types>>()
    expectTypeOf(stream).toEqualTypeOf<EventStream<unknown, ToolTypesOf<typeof tools>>>()
    const typed = createStream({ driver, messages: [], output: City, tools: { pay }, maxSteps: 3 })
    expectTypeOf(typed).toEqualTypeOf<
      EventStream<Parsed, ToolType<'pay', { amount: number }, string>>
    >()
  })

  test('narrows the calls of a step by isError and name', async () => {
    const { steps = [] } = await stream.final()
    for (const call of steps.flatMap(({ calls }) => calls)) {
      expectTypeOf(call).toExtend<StepCall>()
      if (call.isError) {
        // The model can call anything, with any arguments.
        expectTypeOf(call.name).toBeString()
        expectTypeOf(call.input).toBeUnknown()
        expectTypeOf(call.output).toBeUnknown()
      } else if (call.name === 'pay') {
        expectTypeOf(call.output).toEqualTypeOf<string | undefined>()
        // Nothing has validated the arguments of a call without a result.
        expectTypeOf(call.input).toBeUnknown()
      }
      if (call.isError || call.output === undefined) continue
      expectTypeOf(call.name).toEqualTypeOf<'weather' | 'pay' | 'pickDate'>()
      if (call.name === 'weather') {
        expectTypeOf(call.input).toEqualTypeOf<Sent>()
        // A result that is too long is cut into a string.
        expectTypeOf(call.output).toEqualTypeOf<Forecast | string>()
      }
      // @ts-expect-error: no such tool
      if (call.name === 'whether') void call
    }
  })

  test('narrows waiting calls by what they wait for, and name', async () => {
    const { waiting = [] } = await stream.final()
    for (const call of waiting) {
      expectTypeOf(call).toExtend<WaitingCall>()
      if (call.for === 'approval') {
        expectTypeOf(call.name).toEqualTypeOf<'weather' | 'pay' | 'pickDate'>()
        if (call.name === 'pay') expectTypeOf(call.input).toEqualTypeOf<{ amount: number }>()
        // @ts-expect-error: no such tool
        if (call.name === 'whether') void call
      } else {
        expectTypeOf(call.name).toBeString()
        expectTypeOf(call.input).toBeUnknown()
      }
    }
  })

  test('narrows results by isError, preliminary and name', async () => {
    for await (const event of stream) {
      if (event.type !== 'content') continue
      if (event.kind === 'tool-call') expectTypeOf(event.name).toBeString()
      if (event.kind !== 'tool-result') continue
      if (event.isError) {
        expectTypeOf(event.name).toBeString()
        expectTypeOf(event.output).toBeUnknown()
      } else if (event.preliminary) {
        expectTypeOf(event.output).toBeUnknown()
      } else {
        expectTypeOf(event.name).toEqualTypeOf<'weather' | 'pay' | 'pickDate'>()
        if (event.name === 'weather') {
          expectTypeOf(event.output).toEqualTypeOf<Forecast | string>()
          // @ts-expect-error: a result that is too long is cut into a string
          void event.output.degrees
        }
      }
    }
  })

  test('narrows the results in its message', async () => {
    const { message } = await stream.final()
    if (typeof message.content === 'string') return
    for (const part of message.content) {
      if (part.type === 'tool-call') expectTypeOf(part.input).toBeUnknown()
      if (part.type !== 'tool-result' || part.isError) continue
      if (part.name === 'pay') expectTypeOf(part.output).toEqualTypeOf<string>()
    }
    expectTypeOf(message).toExtend<Message>()
    createStream({ driver, messages: [message, { role: 'user', content: 'And?' }], tools })
  })

  test('goes wherever a stream goes', async () => {
    expectTypeOf(stream).toExtend<EventStream>()
    expectTypeOf(await stream.final()).toExtend<CompleteEvent>()
    const all = new Accumulator()
    for await (const event of stream) all.add(event)
    void toResponse(stream, sse())
  })

  test('is no stream with other tools', () => {
    expectTypeOf<EventStream>().not.toExtend<EventStream<unknown, Types>>()
    const fewer = createStream({ driver, prompt: 'p', tools: { pay } })
    expectTypeOf(fewer).toExtend<EventStream<unknown, Types>>()
    // The other stream may have results of a tool that this one does not know.
    expectTypeOf(stream).not.toExtend<typeof fewer>()
    const other = { pay: tool({ parameters: pay.parameters, run: () => 1 }) }
    expectTypeOf(fewer).not.toExtend<EventStream<unknown, ToolTypesOf<typeof other>>>()
  })

  test('has plain types if the names of its tools are not known', async () => {
    expectTypeOf(
      createStream({ driver, prompt: 'p', tools: unknownTools }),
    ).toEqualTypeOf<EventStream>()
    // Without the annotation, TypeScript forgets that there are others.
    const more: ToolSet = { ...unknownTools, weather }
    expectTypeOf(createStream({ driver, prompt: 'p', tools: more })).toEqualTypeOf<EventStream>()
    expectTypeOf(createStream({ driver, prompt: 'p', tools: {} })).toEqualTypeOf<EventStream>()
    expectTypeOf(createStream({ driver, prompt: 'p' })).toEqualTypeOf<EventStream>()
    expectTypeOf<NonNullable<CompleteEvent['steps']>[number]['calls']>().toEqualTypeOf<
      readonly StepCall[]
    >()
    expectTypeOf<CompleteEvent['waiting']>().toEqualTypeOf<readonly WaitingCall[] | undefined>()
  })

  test('takes tools that are written in its options', async () => {
    const inline = createStream({
      driver,
      prompt: 'p',
      tools: { count: { parameters: City, run: async () => [1] } },
    })
    expectTypeOf(inline).toEqualTypeOf<
      EventStream<unknown, ToolType<'count', Sent, number[] | string>>
    >()
    // @ts-expect-error: no such field of a tool
    createStream({ driver, prompt: 'p', tools: { a: { parameters: {}, execute: () => 1 } } })
    // @ts-expect-error: a prompt or messages are missing
    createStream({ driver, tools })
  })

  test('can be wrapped', () => {
    function wrap<Output, Tools extends ToolSet>(
      options: StreamOptions<Output, Tools>,
    ): EventStream<Output, ToolTypesOf<Tools>> {
      return createStream({ ...options, retry: false })
    }
    expectTypeOf(wrap({ driver, prompt: 'p', tools })).toEqualTypeOf<EventStream<unknown, Types>>()
    expectTypeOf<StreamOptions<unknown, typeof tools>>().toExtend<StreamOptions>()
    const options: StreamOptions = { driver, prompt: 'p', tools }
    expectTypeOf(createStream(options)).toEqualTypeOf<EventStream>()
    expectTypeOf(
      (given: StreamOptions): EventStream =>
        createStream({ ...given, tools: { ...given.tools, weather } }),
    ).toBeFunction()
    expectTypeOf(createStream({ driver, prompt: 'p', output: City })).toEqualTypeOf<
      OutputStream<Parsed>
    >()
  })
})

describe('the hooks of a stream with tools', () => {
  test('narrow a run by its name', () => {
    createStream({
      driver,
      prompt: 'p',
      tools,
      onToolStart: ({ call, key, step }) => {
        expectTypeOf([key, step]).toEqualTypeOf<(string | number)[]>()
        expectTypeOf(call.name).toEqualTypeOf<'weather' | 'pay' | 'pickDate'>()
        if (call.name === 'weather') expectTypeOf(call.input).toEqualTypeOf<Sent>()
        // @ts-expect-error: no such tool
        if (call.name === 'whether') void call
      },
      // It is also called for arguments that are invalid.
      onToolEnd: ({ call }) => expectTypeOf(call.input).toBeUnknown(),
      // The model can call anything.
      onStep: ({ calls }) => expectTypeOf(calls).items.toHaveProperty('name').toBeString(),
    })
    createStream({
      driver,
      prompt: 'p',
      onToolStart: ({ call }) => expectTypeOf(call.name).toBeString(),
    })
  })

  test('take the tools of the request for a step, and no others', () => {
    createStream({
      driver,
      prompt: 'p',
      tools,
      beforeStep: ({ step }) => (step > 2 ? { tools: {} } : { tools: { weather } }),
    })
    createStream({
      driver,
      prompt: 'p',
      tools: unknownTools,
      beforeStep: () => ({ tools: { weather } }),
    })
    createStream({
      driver,
      prompt: 'p',
      tools: { weather },
      // @ts-expect-error: the types of the stream do not have this tool
      beforeStep: () => ({ tools: { pay } }),
    })
    createStream({
      driver,
      prompt: 'p',
      tools: { weather },
      // @ts-expect-error: another tool of this name
      beforeStep: () => ({ tools: { weather: pay } }),
    })
  })
})

describe('a conversation with tools', () => {
  const store = memoryStore()
  const conversation = createConversation({ id: 'c', driver, store, tools })

  test('gives turns their types, and those of their own', () => {
    expectTypeOf(conversation.send('Hello')).toEqualTypeOf<EventStream<unknown, Types>>()
    expectTypeOf(conversation.send('Hello', { temperature: 1 })).toEqualTypeOf<
      EventStream<unknown, Types>
    >()
    type Pays = EventStream<unknown, ToolType<'pay', { amount: number }, string>>
    expectTypeOf(conversation.send('Hello', { tools: { pay } })).toEqualTypeOf<Pays>()
    const plain = createConversation({ id: 'c', driver, store })
    expectTypeOf(plain.send('Hello', { tools: { pay } })).toEqualTypeOf<Pays>()
    expectTypeOf(plain.send('Hello')).toEqualTypeOf<EventStream>()
    expectTypeOf(conversation).toExtend<Conversation>()
    expectTypeOf(conversation.send('Hello', { output: City })).toEqualTypeOf<
      EventStream<Parsed, Types>
    >()
    // @ts-expect-error: no such field of a tool
    conversation.send('Hello', { tools: { a: { parameters: {}, execute: () => 1 } } })
    // @ts-expect-error: no such field of a tool
    createConversation({ id: 'c', driver, store, tools: { a: { parameters: {}, execute: 1 } } })
  })
})

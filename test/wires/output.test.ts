import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { outputSchema } from '../../src/base/json-schema.js'
import type { StreamRequest } from '../../src/base/request.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import {
  createStream,
  type Driver,
  type JsonSchema,
  type OutputSchema,
} from '../../src/entries/index.js'
import { planMessagesOutput } from '../../src/wires/anthropic-messages/output-format.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { planGeminiOutput } from '../../src/wires/gemini/output-format.js'
import { encodeGeminiRequest } from '../../src/wires/gemini/request.js'
import type { ChatRequestOptions } from '../../src/wires/openai-chat/options.js'
import { planChatOutput } from '../../src/wires/openai-chat/output-format.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { planResponsesOutput } from '../../src/wires/openai-responses/output-format.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'

type Body = Record<string, unknown>
interface Format {
  name: string
  description?: string
  schema: JsonSchema
  strict: boolean
}

const chatBody = (output: OutputSchema, options?: ChatRequestOptions): Body =>
  encodeChatRequest(
    { prompt: 'p' },
    'm',
    options,
    planChatOutput(outputSchema(output), options?.outputMode),
  )
const chat = (output: OutputSchema): Format =>
  (chatBody(output).response_format as { json_schema: Format }).json_schema
const responsesBody = (output: OutputSchema, more?: Partial<StreamRequest>): Body =>
  encodeResponsesRequest(
    { prompt: 'p', ...more },
    'm',
    {},
    planResponsesOutput(outputSchema(output)),
  )
const messagesBody = (output: OutputSchema, more?: Partial<StreamRequest>): Body =>
  encodeMessagesRequest({ prompt: 'p', ...more }, 'm', {}, planMessagesOutput(outputSchema(output)))
const messages = (output: OutputSchema): JsonSchema | undefined =>
  (messagesBody(output).output_config as { format: { schema: JsonSchema } } | undefined)?.format
    .schema
const geminiBody = (output: OutputSchema, model: string, more?: Partial<StreamRequest>): Body =>
  encodeGeminiRequest(
    { prompt: 'p', ...more },
    model,
    {},
    planGeminiOutput(outputSchema(output), { prompt: 'p', ...more }, model),
  )

const recipe: JsonSchema = {
  type: 'object',
  title: 'A recipe',
  description: 'What to cook.',
  properties: { name: { type: 'string' }, minutes: { type: 'integer' } },
  required: ['name', 'minutes'],
}
const closedRecipe = { ...recipe, additionalProperties: false }
const list: JsonSchema = { type: 'array', items: { type: 'string' } }
const wrappedList = {
  type: 'object',
  properties: { value: list },
  required: ['value'],
  additionalProperties: false,
}
const open: JsonSchema = { type: 'object', additionalProperties: { type: 'number' } }
const tools = { weather: { parameters: { type: 'object', properties: {} } } }

describe('a schema goes out in the native words of each wire', () => {
  test('of the Chat Completions API', () => {
    expect(chatBody(recipe).response_format).toEqual({
      type: 'json_schema',
      json_schema: {
        name: 'A_recipe',
        description: 'What to cook.',
        schema: closedRecipe,
        strict: true,
      },
    })
  })

  test('of the Responses API, beside what else is said about the text', () => {
    const providerOptions = { openai: { text: { verbosity: 'low' } } }
    expect(responsesBody(recipe, { providerOptions }).text).toEqual({
      verbosity: 'low',
      format: {
        type: 'json_schema',
        name: 'A_recipe',
        description: 'What to cook.',
        schema: closedRecipe,
        strict: true,
      },
    })
  })

  test('of the Messages API, beside what else is said about the output', () => {
    const providerOptions = { anthropic: { output_config: { effort: 'low' } } }
    expect(messagesBody(recipe, { providerOptions }).output_config).toEqual({
      effort: 'low',
      format: { type: 'json_schema', schema: closedRecipe },
    })
  })

  test('of Gemini, as it is', () => {
    expect(geminiBody(list, 'gemini-2.5-flash').generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: list,
    })
  })

  test('and nothing goes out where none is asked for', () => {
    const request = { prompt: 'p' }
    expect(encodeChatRequest(request, 'm')).not.toHaveProperty('response_format')
    expect(encodeResponsesRequest(request, 'm')).not.toHaveProperty('text')
    expect(encodeMessagesRequest(request, 'm')).not.toHaveProperty('output_config')
    expect(encodeGeminiRequest(request, 'm')).not.toHaveProperty('generationConfig')
  })
})

const libraries: Record<string, OutputSchema> = {
  zod: z.object({
    name: z.string(),
    tags: z.array(z.enum(['a', 'b'])),
    note: z.string().nullable(),
  }),
  valibot: toStandardJsonSchema(
    v.object({
      name: v.string(),
      tags: v.array(v.picklist(['a', 'b'])),
      note: v.nullable(v.string()),
    }),
  ),
  arktype: type({ name: 'string', tags: "('a' | 'b')[]", note: 'string | null' }),
}

describe.each(Object.entries(libraries))('a schema of %s', (_library, output) => {
  test('is strict where all its properties are required', () => {
    const { schema, strict } = chat(output)
    expect(strict).toBe(true)
    expect(schema).toMatchObject({
      type: 'object',
      properties: {
        name: { type: 'string' },
        tags: { items: { type: 'string', enum: ['a', 'b'] } },
      },
      additionalProperties: false,
    })
    expect((schema.required as string[]).toSorted()).toEqual(['name', 'note', 'tags'])
    expect(schema).not.toHaveProperty('$schema')
  })

  test('is taken by the Messages API', () => {
    expect(messages(output)).toMatchObject({ type: 'object', additionalProperties: false })
  })
})

describe('strict is on only where it leaves the schema its meaning', () => {
  test.each<[string, JsonSchema]>([
    ['an optional property', { type: 'object', properties: { a: { type: 'string' } } }],
    ['any properties', open],
    ['any object', { type: 'object' }],
    ['any array', { type: 'array' }],
    ['anything', {}],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'string' } }],
    ['an intersection', { allOf: [recipe] }],
    ['a union in a union', { type: 'string', anyOf: [recipe], oneOf: [recipe] }],
    [
      'objects that begin with the same property',
      {
        anyOf: [recipe, { ...recipe, properties: { name: { const: 'a' } }, required: ['name'] }],
      },
    ],
    ['a foreign reference', { $ref: 'https://a.test/b' }],
    ['a required property without a schema', { ...recipe, required: ['name', 'minutes', 'more'] }],
  ])('and off for %s, which goes out as it is', (_name, part) => {
    const schema = { type: 'object', properties: { part }, required: ['part'] }
    expect(chat(schema)).toEqual({ name: 'output', schema, strict: false })
  })

  test('limits that strict does not know become words, and the others stay', () => {
    const output = z.object({
      name: z.string().min(1).max(20).describe('The name'),
      mail: z.email(),
      site: z.url(),
      count: z.int().min(1),
    })
    const { strict, schema } = chat(output)
    expect(strict).toBe(true)
    expect(schema.properties).toEqual({
      name: { type: 'string', description: 'The name (minLength: 1, maxLength: 20)' },
      mail: { type: 'string', format: 'email' },
      site: { type: 'string', description: '(format: "uri")' },
      count: { type: 'integer', minimum: 1 },
    })
  })

  test('a union of objects is one of anyOf', () => {
    const a = z.object({ kind: z.literal('a') })
    const b = z.object({ kind: z.literal('b'), size: z.number() })
    const { strict, schema } = chat(z.object({ shape: z.discriminatedUnion('kind', [a, b]) }))
    expect(strict).toBe(true)
    expect(schema.properties).toMatchObject({
      shape: { anyOf: [{}, { required: ['kind', 'size'] }] },
    })
  })

  test('objects may begin with the same property, if its values tell them apart', () => {
    const circle = z.object({ kind: z.literal('circle'), radius: z.number() })
    const square = z.object({ kind: z.literal('square'), side: z.number() })
    expect(chat(z.union([circle, square, z.object({ other: z.string() })])).strict).toBe(true)
    expect(chat(z.union([circle, z.object({ kind: z.string() })])).strict).toBe(false)
  })

  test('the schema that was given is not changed', () => {
    const before = structuredClone(recipe)
    chatBody(recipe)
    messagesBody(recipe)
    expect(recipe).toEqual(before)
  })
})

describe('a root that is no object', () => {
  test('goes inside one, where a provider takes objects only', () => {
    expect(chat(list)).toEqual({ name: 'output', schema: wrappedList, strict: true })
    expect(responsesBody(list).text).toMatchObject({ format: { schema: wrappedList } })
    expect(messages(list)).toEqual(wrappedList)
    expect(chat(z.union([z.object({ a: z.string() }), z.number()])).schema).toMatchObject({
      type: 'object',
      properties: { value: { anyOf: [{ type: 'object' }, { type: 'number' }] } },
    })
  })

  test('keeps its references', () => {
    const Node = z.object({
      name: z.string(),
      get children() {
        return z.array(Node)
      },
    })
    const { schema } = chat(z.array(Node))
    const [, name] = /"\$ref":"#\/\$defs\/(\w+)"/.exec(JSON.stringify(schema)) ?? []
    expect(schema).toMatchObject({ $defs: { [name ?? '']: { type: 'object' } } })

    const tree: JsonSchema = {
      anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#' } }],
    }
    expect(chat(tree).schema.properties).toEqual({
      value: {
        anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#/properties/value' } }],
      },
    })
    const moved: JsonSchema = {
      type: 'array',
      items: { $ref: '#/definitions/a' },
      definitions: { a: recipe },
    }
    expect(chat(moved).schema).toMatchObject({
      properties: { value: { items: { $ref: '#/definitions/a' } } },
      definitions: { a: closedRecipe },
    })
  })
})

describe('the Messages API', () => {
  test('takes optional properties', () => {
    expect(messages({ ...recipe, required: ['name'] })).toMatchObject({ required: ['name'] })
  })

  test.each<[string, OutputSchema]>([
    ['open objects', open],
    [
      'schemas that contain themselves',
      { ...recipe, properties: { parts: { type: 'array', items: { $ref: '#' } } }, required: [] },
    ],
    [
      'definitions that contain themselves',
      {
        ...recipe,
        properties: { name: { $ref: '#/$defs/a' } },
        required: ['name'],
        $defs: {
          a: { type: 'object', properties: { b: { $ref: '#/$defs/b' } } },
          b: { type: 'array', items: { $ref: '#/$defs/a' } },
        },
      },
    ],
  ])('is told about %s in the instructions', (_name, output) => {
    const { system, output_config } = messagesBody(output, { system: 'Be brief.' })
    expect(output_config).toBeUndefined()
    expect(system).toMatch(/^Be brief\.\n\nAnswer with JSON only/)
    expect(system).toContain(JSON.stringify(output))
  })

  test('takes a definition that is used twice', () => {
    const properties = { a: { $ref: '#/$defs/x' }, b: { $ref: '#/$defs/x' } }
    const $defs = { x: { type: 'string', minLength: 2 } }
    expect(messages({ type: 'object', properties, $defs })).toMatchObject({
      properties,
      $defs: { x: { type: 'string', description: '(minLength: 2)' } },
    })
  })
})

describe('Gemini', () => {
  test('is told in the instructions where its model refuses a schema beside tools', () => {
    const body = geminiBody(recipe, 'gemini-2.5-flash', { tools })
    expect(body.generationConfig).toBeUndefined()
    expect(JSON.stringify(body.systemInstruction)).toContain('JSON Schema')
  })

  test('has the schema in the instructions beside tools of the server too', () => {
    const providerOptions = { gemini: { tools: [{ googleSearch: {} }] } }
    const body = geminiBody(recipe, 'gemini-2.5-flash', { providerOptions })
    expect(body.generationConfig).toBeUndefined()
    expect(JSON.stringify(body.systemInstruction)).toContain('JSON Schema')
    expect(geminiBody(recipe, 'gemini-3-flash', { providerOptions })).toMatchObject({
      generationConfig: { responseJsonSchema: recipe },
    })
  })

  test('gets both where its model takes both', () => {
    const body = geminiBody(recipe, 'gemini-3-flash-preview', { tools })
    expect(body.generationConfig).toMatchObject({ responseJsonSchema: recipe })
    expect(body.tools).toHaveLength(1)
  })
})

describe('a compatible server', () => {
  const sent = async (driver: (fetch: typeof globalThis.fetch) => Driver): Promise<Body> => {
    let body: Body = {}
    const fetch = (_input: unknown, init?: RequestInit): Promise<Response> => {
      body = JSON.parse(init?.body as string) as Body
      return Promise.resolve(new Response('', { status: 400 }))
    }
    const stream = createStream({ driver: driver(fetch), prompt: 'p', output: list })
    await expect(stream.final()).rejects.toMatchObject({ code: 'invalid-request' })
    return body
  }
  const baseURL = 'http://provider.test/v1'

  test('gets the schema', async () => {
    const body = await sent((fetch) => compatible({ baseURL, model: 'm', fetch }))
    expect(body.response_format).toMatchObject({ json_schema: { schema: wrappedList } })
    expect(body.messages).toEqual([{ role: 'user', content: 'p' }])
  })

  test('that sees to JSON only gets the schema, of an object, in the instructions', async () => {
    const body = await sent((fetch) => compatible('deepseek', { model: 'm', apiKey: 'k', fetch }))
    expect(body.response_format).toEqual({ type: 'json_object' })
    expect(JSON.stringify(body.messages)).toContain('JSON')
    expect((body.messages as [{ content: string }])[0].content).toContain(
      JSON.stringify(wrappedList),
    )
  })

  test('that knows neither gets the schema in the instructions alone', async () => {
    const body = await sent((fetch) => compatible('groq', { model: 'm', apiKey: 'k', fetch }))
    expect(body).not.toHaveProperty('response_format')
    expect((body.messages as [{ content: string }])[0].content).toContain(JSON.stringify(list))
  })

  test('gets it in the way that is set', async () => {
    const body = await sent((fetch) =>
      compatible('groq', { model: 'm', apiKey: 'k', fetch, outputMode: 'json-schema' }),
    )
    expect(body.response_format).toMatchObject({ type: 'json_schema' })
    expect(() => compatible({ baseURL, model: 'm', outputMode: 'xml' as never })).toThrow(
      /compatible\.outputMode.*"xml".*json-schema/,
    )
  })
})

describe('as output is refused, at the call', () => {
  const driver = compatible({ model: 'm', baseURL: 'http://provider.test' })
  const create = (output: unknown) => (): unknown =>
    createStream({ driver, prompt: 'p', output: output as OutputSchema })

  test.each([[null], ['object'], [7], [[]]])('%j', (output) => {
    expect(create(output)).toThrow(/"output"/)
    expect(create(output)).toThrow(TypeError)
  })

  test('a schema that does not know its JSON Schema, with the remedy', () => {
    expect(create(v.object({}))).toThrow(/"output".*valibot.*toStandardJsonSchema/)
  })

  test('a schema that JSON Schema has no words for', () => {
    expect(create(z.object({ when: z.date() }))).toThrow(TypeError)
    expect(create(z.object({ when: z.date() }))).toThrow(/"output".*zod.*Date/)
  })

  test('a schema that cannot validate', () => {
    const { '~standard': standard } = z.object({})
    const mute = { '~standard': { ...standard, validate: undefined } }
    expect(create(mute)).toThrow(/"output".*zod.*validate/)
  })
})

test('every driver takes the same request', () => {
  const fetch = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'))
  const drivers = [
    gemini({ model: 'm', apiKey: 'k', fetch }),
    anthropic({ model: 'm', apiKey: 'k', fetch }),
  ]
  for (const driver of drivers) {
    expect(() => createStream({ driver, prompt: 'p', output: recipe })).not.toThrow()
  }
})

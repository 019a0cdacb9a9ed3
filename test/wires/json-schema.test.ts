import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream, type Driver, type Tool } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'

const schemas: Record<string, Tool['parameters']> = {
  zod: z.object({ city: z.string() }),
  valibot: toStandardJsonSchema(v.object({ city: v.string() })),
  arktype: type({ city: 'string' }),
  'plain JSON Schema': {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  },
}

type Body = Record<string, unknown>
type Drivers = Record<string, [(fetch: typeof globalThis.fetch) => Driver, (body: Body) => unknown]>

/** Each driver, and where its wire has the schema of the first tool. */
const drivers: Drivers = {
  'openai chat': [
    (fetch) => openai({ model: 'm', apiKey: 'k', fetch }),
    ({ tools }) => (tools as [{ function: Body }])[0].function.parameters,
  ],
  'openai responses': [
    (fetch) => openai({ model: 'm', apiKey: 'k', fetch, api: 'responses' }),
    ({ tools }) => (tools as [Body])[0].parameters,
  ],
  anthropic: [
    (fetch) => anthropic({ model: 'm', apiKey: 'k', fetch }),
    ({ tools }) => (tools as [Body])[0].input_schema,
  ],
  gemini: [
    (fetch) => gemini({ model: 'm', apiKey: 'k', fetch }),
    ({ tools }) =>
      (tools as [{ functionDeclarations: [Body] }])[0].functionDeclarations[0].parametersJsonSchema,
  ],
  compatible: [
    (fetch) => compatible({ model: 'm', baseURL: 'http://provider.test', fetch }),
    ({ tools }) => (tools as [{ function: Body }])[0].function.parameters,
  ],
}

describe.each(Object.entries(schemas))(
  'the parameters of a tool may be a schema of %s',
  (_library, parameters) => {
    test.each(Object.entries(drivers))('with %s', async (_name, [driverWith, schemaIn]) => {
      expect(schemaIn(await sentBody(driverWith, parameters))).toMatchObject({
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      })
    })
  },
)

test.each(Object.entries(drivers))(
  'schemas that contain themselves, and tuples, have the words of draft 2020-12 with %s',
  async (_name, [driverWith, schemaIn]) => {
    const Place = z.object({
      at: z.tuple([z.number(), z.number()]),
      get inside() {
        return z.array(Place)
      },
    })
    const schema = schemaIn(await sentBody(driverWith, z.object({ place: Place }))) as Body
    const text = JSON.stringify(schema)
    const [, name = ''] = /"\$ref":"#\/\$defs\/(\w+)"/.exec(text) ?? []
    expect(schema.$defs).toHaveProperty(name)
    expect(text).toContain('"prefixItems"')
    expect(text).not.toContain('"definitions"')
  },
)

async function sentBody(
  driverWith: (fetch: typeof globalThis.fetch) => Driver,
  parameters: Tool['parameters'],
): Promise<Body> {
  let sent: Body = {}
  const fetch = (_input: unknown, init?: RequestInit): Promise<Response> => {
    sent = JSON.parse(init?.body as string) as Body
    return Promise.resolve(new Response('', { status: 500 }))
  }
  const tools = { weather: { description: 'Tells the weather', parameters } }
  const stream = createStream({ driver: driverWith(fetch), prompt: 'p', tools, retry: false })
  await expect(stream.text()).rejects.toMatchObject({ code: 'server' })
  return sent
}

test('a schema that does not know its JSON Schema is refused with the remedy', () => {
  const parameters = v.object({ city: v.string() }) as unknown as Tool['parameters']
  const driver = compatible({ model: 'm', baseURL: 'http://provider.test' })
  const create = () => createStream({ driver, prompt: 'p', tools: { weather: { parameters } } })
  expect(create).toThrow(TypeError)
  expect(create).toThrow(/tools\.weather\.parameters.*valibot.*toStandardJsonSchema/)
})

test.each([null, 'object', 7, [], undefined])('%j is refused as parameters', (parameters) => {
  const driver = compatible({ model: 'm', baseURL: 'http://provider.test' })
  const tools = { weather: { parameters } } as never
  expect(() => createStream({ driver, prompt: 'p', tools })).toThrow(/tools\.weather\.parameters/)
})

import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, type Tool } from '../../src/entries/index.js'
import { type DriverRow, everyDriver } from '../support/every-driver.js'

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

describe.each(Object.entries(schemas))(
  'the parameters of a tool may be a schema of %s',
  (_library, parameters) => {
    test.each(everyDriver)('with $name', async (row) => {
      expect(await sentSchema(row, parameters)).toMatchObject({
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      })
    })
  },
)

test.each(everyDriver)(
  'recursive schemas and tuples use the keywords of draft 2020-12 with $name',
  async (row) => {
    const Place = z.object({
      at: z.tuple([z.number(), z.number()]),
      get inside() {
        return z.array(Place)
      },
    })
    const schema = (await sentSchema(row, z.object({ place: Place }))) as Body
    const text = JSON.stringify(schema)
    const [, name = ''] = /"\$ref":"#\/\$defs\/(\w+)"/.exec(text) ?? []
    expect(schema.$defs).toHaveProperty(name)
    expect(text).toContain('"prefixItems"')
    expect(text).not.toContain('"definitions"')
  },
)

async function sentSchema(
  { driver, toolSchemaOf }: DriverRow,
  parameters: Tool['parameters'],
): Promise<unknown> {
  let sent: Body = {}
  const fetch = (_input: unknown, init?: RequestInit): Promise<Response> => {
    sent = JSON.parse(init?.body as string) as Body
    return Promise.resolve(new Response('', { status: 500 }))
  }
  const tools = { weather: { description: 'Tells the weather', parameters } }
  const stream = createStream({ driver: driver({ fetch }), prompt: 'p', tools, retry: false })
  await expect(stream.text()).rejects.toMatchObject({ code: 'server' })
  return toolSchemaOf(sent)
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

import Anthropic from '@anthropic-ai/sdk'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { OpenAI } from 'openai'
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createStream } from '../../src/entries/index.js'
import { simulatedProvider } from '../../src/entries/testing.js'
import { sampleOf } from '../../src/testing/providers/sample-json.js'
import { everyDriver } from '../support/every-driver.js'

const Recipe = z.object({
  name: z.string(),
  minutes: z.int().positive(),
  kind: z.enum(['soup', 'stew']),
  steps: z.array(z.object({ text: z.string(), hint: z.string().nullable() })),
})

describe('without an answer, the simulated model gives JSON that fits the schema', () => {
  const provider = simulatedProvider({ paceMs: 0 })
  const fetch: typeof globalThis.fetch = (input, init) => provider.fetch(input, init)

  test.each(everyDriver)('to $name', async (row) => {
    const driver = row.driver({ fetch })
    const { output } = await createStream({ driver, prompt: 'p', output: Recipe }).final()
    expect(Recipe.parse(output)).toEqual(output)
    const list = createStream({ driver, prompt: 'p', output: z.array(z.email()), retry: false })
    expect((await list.final()).output).toEqual(['someone@example.com'])
  })

  test("to the SDKs' own clients, which parse and validate it themselves", async () => {
    const client = new OpenAI({ apiKey: 'k', fetch, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'p' }]
    const chat = await client.chat.completions.parse({
      model: 'm',
      messages,
      response_format: zodResponseFormat(Recipe, 'recipe'),
    })
    expect(Recipe.parse(chat.choices[0]?.message.parsed).kind).toBe('soup')

    const text = { format: zodTextFormat(Recipe, 'recipe') }
    const response = await client.responses.parse({ model: 'm', input: 'p', text })
    expect(Recipe.parse(response.output_parsed).minutes).toBe(1)

    const claude = new Anthropic({ apiKey: 'k', fetch, maxRetries: 0 })
    const output_config = { format: zodOutputFormat(Recipe) }
    const answer = await claude.messages.parse({
      model: 'm',
      max_tokens: 9,
      messages,
      output_config,
    })
    expect(Recipe.parse(answer.parsed_output).kind).toBe('soup')
  })
})

test.each<[unknown, unknown]>([
  [{ const: 7 }, 7],
  [{ type: 'string', default: 'a' }, 'a'],
  [{ type: 'string', minLength: 6 }, 'text..'],
  [{ type: 'string', maxLength: 2 }, 'te'],
  [{ type: 'number', exclusiveMinimum: 3, multipleOf: 0.5 }, 3.5],
  [{ type: 'integer', maximum: -2 }, -2],
  [{ type: ['boolean', 'null'] }, true],
  [{ type: 'array', items: { type: 'null' }, minItems: 2 }, [null, null]],
  [{ type: 'array', prefixItems: [{ const: 1 }, { const: 2 }], items: false }, [1, 2]],
  [{ oneOf: [{ $ref: '#' }, { const: 'end' }] }, 'end'],
  [{}, null],
])('the sample of %j is %j', (schema, value) => {
  expect(sampleOf(schema)).toEqual(value)
})

test('a schema that contains itself has a sample that ends', () => {
  const Node = z.object({
    name: z.string(),
    get next() {
      return Node.optional()
    },
    get children() {
      return z.array(Node)
    },
  })
  const sample = sampleOf(z.toJSONSchema(Node))
  expect(Node.parse(sample)).toEqual(sample)
})

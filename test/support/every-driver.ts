/**
 * One row for each driver of the package and each wire format that it reads. Tests that every driver has to pass take it from here,
 * so a new driver is one row.
 *
 * The names of the package work in tests, where they stand for the source, and in processes that use the build.
 *
 * @module
 */

import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import type { Driver } from 'sluice/driver'
import { gemini } from 'sluice/gemini'
import { openai } from 'sluice/openai'
import type { SimulatedWireName } from 'sluice/testing'

type Fetch = typeof globalThis.fetch
type Json = Record<string, unknown>

export interface EveryDriverOptions {
  /** The provider's, without a path. @default 'http://provider.test' */
  url?: string | undefined
  fetch?: Fetch | undefined
  /** @default 'm' */
  model?: string
  /** @default 'k' */
  apiKey?: string
}

export interface DriverRow {
  name: string
  /** As the simulated provider, the cassettes and the recordings name it. */
  wire: SimulatedWireName
  driver(options?: EveryDriverOptions): Driver
  /** A model that the provider has. */
  model: string
  /** Events of a simulated answer before the first one with text. */
  eventsBeforeText: number
  /** An event without content. */
  ping: string
  /** The status of a provider that has too much to do. */
  busyStatus: number
  /** Where a request has the schema of its first tool. */
  toolSchemaOf(body: Json): unknown
  /** Whether a `data` line, and its object if it is JSON, ends the answer. Found without the decoders, which are under test. */
  isTerminal(data: string, object: Json): boolean
}

const chat = {
  wire: 'openai-chat',
  model: 'gpt-5.5',
  eventsBeforeText: 1,
  ping: ': ping\n\n',
  busyStatus: 503,
  toolSchemaOf: ({ tools }) => (tools as [{ function: Json }])[0].function.parameters,
  isTerminal: (data, { choices }) =>
    data === '[DONE]' || objects(choices).some(({ finish_reason: reason }) => isWord(reason)),
} satisfies Partial<DriverRow>

export const everyDriver: readonly DriverRow[] = [
  {
    ...chat,
    name: 'openai chat',
    driver: (options) => openai(settings('/v1', options)),
  },
  {
    name: 'openai responses',
    wire: 'openai-responses',
    driver: (options) => openai({ ...settings('/v1', options), api: 'responses' }),
    model: 'gpt-5.5',
    // The response twice, the item and its part.
    eventsBeforeText: 4,
    ping: ': ping\n\n',
    busyStatus: 503,
    toolSchemaOf: ({ tools }) => (tools as [Json])[0].parameters,
    isTerminal: (_data, { type }) =>
      type === 'response.completed' || type === 'response.incomplete',
  },
  {
    name: 'anthropic',
    wire: 'anthropic-messages',
    driver: (options) => anthropic(settings('', options)),
    model: 'claude-sonnet-5-5',
    eventsBeforeText: 3,
    ping: 'event: ping\ndata: {"type": "ping"}\n\n',
    busyStatus: 529,
    toolSchemaOf: ({ tools }) => (tools as [Json])[0].input_schema,
    isTerminal: (_data, { type, delta }) =>
      type === 'message_stop' ||
      (type === 'message_delta' && objects([delta]).some((one) => isWord(one.stop_reason))),
  },
  {
    name: 'gemini',
    wire: 'gemini',
    driver: (options) => gemini(settings('/v1beta', options)),
    model: 'gemini-3-flash-preview',
    eventsBeforeText: 0,
    ping: ': ping\r\n\r\n',
    busyStatus: 503,
    toolSchemaOf: ({ tools }) =>
      (tools as [{ functionDeclarations: [Json] }])[0].functionDeclarations[0].parametersJsonSchema,
    isTerminal: (_data, { candidates, promptFeedback }) =>
      objects(candidates).some(({ finishReason }) => isWord(finishReason)) ||
      // A prompt that is blocked is answered without a candidate.
      objects([promptFeedback]).some(({ blockReason }) => isWord(blockReason)),
  },
  {
    ...chat,
    name: 'compatible',
    driver: (options) => compatible(settings('/v1', options)),
  },
]

/** The first driver of each wire format, by the name of the format. */
export const everyWire: ReadonlyMap<DriverRow['wire'], DriverRow> = new Map(
  everyDriver
    .toReversed()
    .map((row) => [row.wire, row] as const)
    .toReversed(),
)

function settings(path: string, options: EveryDriverOptions = {}) {
  const { url = 'http://provider.test', fetch, model = 'm', apiKey = 'k' } = options
  return { model, apiKey, baseURL: url + path, ...(fetch === undefined ? {} : { fetch }) }
}

function objects(value: unknown): Json[] {
  const isObject = (one: unknown): one is Json => typeof one === 'object' && one !== null
  return Array.isArray(value) ? value.filter(isObject) : []
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

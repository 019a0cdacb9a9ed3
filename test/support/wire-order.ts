/**
 * The calls and results in the body of a request, on every wire, and the order that providers require.
 *
 * @module
 */

import assert from 'node:assert/strict'
import type { Message } from '../../src/base/messages.js'
import type { SimulatedWireName } from '../../src/testing/providers/request.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { encodeGeminiRequest } from '../../src/wires/gemini/request.js'
import { encodeChatRequest } from '../../src/wires/openai-chat/request.js'
import { encodeResponsesRequest } from '../../src/wires/openai-responses/request.js'

type Json = Partial<Record<string, unknown>>

type Item =
  | { is: 'call'; id: string; name: string; input: unknown }
  | { is: 'result'; id: string; output: unknown }
  | { is: 'text'; by: string }

type Wire = Exclude<SimulatedWireName, 'bedrock-messages'>

const encoders: Record<Wire, (messages: readonly Message[]) => object> = {
  'openai-chat': (messages) => encodeChatRequest({ messages }, 'gpt-5.5'),
  'openai-responses': (messages) => encodeResponsesRequest({ messages }, 'gpt-5.5'),
  'anthropic-messages': (messages) => encodeMessagesRequest({ messages }, 'claude-sonnet-5-5'),
  gemini: (messages) => encodeGeminiRequest({ messages }, 'gemini-3-pro'),
}

const readers: Record<Wire, (body: Json) => Item[]> = {
  'openai-chat': ({ messages }) =>
    list(messages).flatMap((message): Item[] => {
      if (message.role === 'tool') {
        return [{ is: 'result', id: String(message.tool_call_id), output: message.content }]
      }
      const calls = list(message.tool_calls).map((call): Item => {
        const { name, arguments: input } = call.function as { name: string; arguments: string }
        return { is: 'call', id: String(call.id), name, input: JSON.parse(input) }
      })
      const text: Item[] = message.content ? [{ is: 'text', by: String(message.role) }] : []
      return [...text, ...calls]
    }),
  'openai-responses': ({ input }) =>
    list(input).map((item): Item => {
      const id = String(item.call_id)
      if (item.type === 'function_call') {
        const parsed: unknown = JSON.parse(String(item.arguments))
        return { is: 'call', id, name: String(item.name), input: parsed }
      }
      if (item.type === 'function_call_output') return { is: 'result', id, output: item.output }
      return { is: 'text', by: String(item.role) }
    }),
  'anthropic-messages': ({ messages }) =>
    list(messages).flatMap(({ role, content }) =>
      (typeof content === 'string' ? [{}] : list(content)).map((block): Item => {
        if (block.type === 'tool_use') {
          const { id, name, input } = block
          return { is: 'call', id: String(id), name: String(name), input }
        }
        if (block.type === 'tool_result') {
          return { is: 'result', id: String(block.tool_use_id), output: block.content }
        }
        return { is: 'text', by: String(role) }
      }),
    ),
  gemini: ({ contents }) =>
    list(contents).flatMap(({ role, parts }) =>
      list(parts).map(({ functionCall, functionResponse }): Item => {
        if (functionCall !== undefined) {
          const { id, name, args } = functionCall as { id: string; name: string; args: unknown }
          return { is: 'call', id, name, input: args }
        }
        if (functionResponse !== undefined) {
          const { id, response } = functionResponse as { id: string; response: Json }
          return { is: 'result', id, output: response.output ?? response.error ?? response }
        }
        return { is: 'text', by: role === 'model' ? 'assistant' : String(role) }
      }),
    ),
}

/** A call with its result, as a provider receives them. */
export interface Exchange {
  name: string
  input: unknown
  output: unknown
}

/**
 * The calls of a request with their results, in the order of the calls.
 *
 * @throws AssertionError if a call has no result right behind it, or a result no call before it
 */
export function exchangesIn(wire: SimulatedWireName, body: object): Exchange[] {
  const found: Exchange[] = []
  const open = new Map<string, Exchange>()
  let answering = false
  for (const item of readers[wire as Wire](body)) {
    if (item.is === 'call') {
      assert.ok(!answering || open.size === 0, `a call before the results of others: ${item.id}`)
      assert.ok(!open.has(item.id), `two calls with one id: ${item.id}`)
      answering = false
      const { name, input } = item
      assert.ok(typeof input === 'object' && input !== null && !Array.isArray(input))
      const exchange = { name, input, output: undefined }
      open.set(item.id, exchange)
      found.push(exchange)
    } else if (item.is === 'result') {
      const exchange = open.get(item.id)
      assert.ok(exchange !== undefined, `a result without a call: ${item.id}`)
      exchange.output = item.output
      open.delete(item.id)
      answering = true
    } else {
      const isAllowed = open.size === 0 || (item.by === 'assistant' && !answering)
      assert.ok(isAllowed, `a message of ${item.by} before the result of a call`)
    }
  }
  assert.equal(open.size, 0, 'calls without results at the end')
  return found
}

/**
 * What each wire sends of these messages.
 *
 * @throws AssertionError if a provider would refuse them
 */
export function exchangesOnEveryWire(messages: readonly Message[]): Exchange[] {
  const wires = Object.entries(encoders) as [Wire, (typeof encoders)[Wire]][]
  return wires.flatMap(([wire, encode]) => exchangesIn(wire, encode(messages)))
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}

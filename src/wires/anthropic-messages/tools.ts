/**
 * Tools and their choice in the words of the API.
 *
 * @module
 */

import { toJsonSchema } from '../../base/json-schema.js'
import { compact, type Json } from '../../base/read-json.js'
import type { StreamRequest, ToolChoice } from '../../base/request.js'
import { withOptions } from '../provider-options.js'
import type { CacheMarks } from './cache-marks.js'
import type { MessageParam } from './messages.js'

export function encodeTools(
  tools: StreamRequest['tools'] = {},
  provider: string,
  marks: CacheMarks,
): Json[] {
  return Object.entries(tools).map(([name, tool]) => {
    const { description, parameters, cache } = tool
    const own = {
      name,
      ...compact({ description }),
      // The API requires the schema of an object.
      input_schema: {
        type: 'object',
        ...toJsonSchema(parameters, `tools.${name}.parameters`),
      },
    }
    const encoded = withOptions(own, tool, provider)
    // A tool that is loaded later is not in the prompt, and refuses a breakpoint.
    return encoded.defer_loading === true ? encoded : marks.add(encoded, cache)
  })
}

export function encodeToolChoice(choice: ToolChoice | undefined): Json | undefined {
  if (choice === undefined) return undefined
  if (typeof choice === 'object') return { type: 'tool', name: choice.name }
  return { type: choice === 'required' ? 'any' : choice }
}

/** A conversation with calls is refused without tools, so those it names are sent and disabled. */
export function formerTools(messages: readonly MessageParam[]): Json {
  const names = new Set<unknown>()
  for (const { content } of messages) {
    for (const block of content) if (block.type === 'tool_use') names.add(block.name)
  }
  if (names.size === 0) return {}
  const tools = [...names].map((name) => ({ name, input_schema: { type: 'object' } }))
  return { tools, tool_choice: { type: 'none' } }
}

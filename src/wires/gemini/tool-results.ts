/**
 * The results of functions, with images and files.
 *
 * @module
 * @see https://ai.google.dev/gemini-api/docs/function-calling#multimodal
 */

import type { InputPart, ToolResultPart } from '../../base/messages.js'
import { isRecord, type Json } from '../../base/read-json.js'
import { withOptions } from '../provider-options.js'
import { partsOf } from '../request-messages.js'
import { toText } from '../tool-texts.js'

/** The media types that a result itself may hold, from the third generation on. */
const inResult = /^(?:image\/(?:png|jpeg|webp)|application\/pdf|text\/plain)$/i

export interface ResultSettings {
  provider: string
  /** The names of the calls by their ids, because a result has to have the name of its call. */
  names: ReadonlyMap<string, string>
  /** Whether results may hold images and files. */
  holdsFiles: boolean
  encode(part: InputPart): Json
}

/**
 * All results come first, because a turn with calls must be followed by them. Files that no result
 * can hold stand behind them.
 */
export function encodeResults(
  results: readonly ToolResultPart[],
  settings: ResultSettings,
): Json[] {
  const behind: Json[] = []
  const encoded = results.map((result) => encodeResult(result, settings, behind))
  return [...encoded, ...behind]
}

function encodeResult(result: ToolResultPart, settings: ResultSettings, behind: Json[]): Json {
  const { id, output, isError, content = [] } = result
  const { provider, names, holdsFiles, encode } = settings
  const name = names.get(id) ?? result.name
  const texts: string[] = []
  const inside: Json[] = []
  const outside: Json[] = []
  for (const part of partsOf(content)) {
    const item = encode(part)
    if (typeof item.text === 'string') texts.push(item.text)
    else if (holdsFiles && isHeld(item.inlineData)) inside.push({ inlineData: item.inlineData })
    else outside.push(item)
  }
  if (outside.length > 0) {
    behind.push({ text: `Files in the result of ${name} (${id}):` }, ...outside)
  }
  const value = valueOf(output, texts, inside.length + outside.length > 0, isError)
  const functionResponse: Json = {
    id,
    name,
    // The names of both fields are Google's.
    response: isError ? { error: value } : { output: value },
  }
  if (inside.length > 0) functionResponse.parts = inside
  return withOptions({ functionResponse }, result, provider)
}

function isHeld(inlineData: unknown): boolean {
  return isRecord(inlineData) && inResult.test(String(inlineData.mimeType))
}

/** The output, and the texts of the content after it. */
function valueOf(
  output: unknown,
  texts: readonly string[],
  hasFiles: boolean,
  isError: boolean | undefined,
): unknown {
  const isEmpty = output === undefined || output === null || output === ''
  if (texts.length > 0) return [...(isEmpty ? [] : [toText(output)]), ...texts].join('\n')
  if (isEmpty && hasFiles) return '(see the files)'
  return isError ? toText(output) : toValue(output)
}

/** JSON as it is, anything else as text. */
function toValue(output: unknown): unknown {
  if (typeof output !== 'object' || output === null) return toText(output)
  try {
    return JSON.parse(JSON.stringify(output))
  } catch {
    return toText(output)
  }
}

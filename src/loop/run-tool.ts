/**
 * One run of one tool.
 *
 * @module
 */

import { toBase64 } from '../base/base64.js'
import { StreamError } from '../base/errors.js'
import { exceededBound } from '../base/json-bounds.js'
import type { InputPart } from '../base/messages.js'
import type { StandardSchema } from '../base/schema.js'
import { describeIssues } from '../base/schema-issues.js'
import { show } from '../base/show.js'
import { type RunContext, type Tool, ToolResult } from '../base/tools.js'
import { toWellFormedJson } from '../base/well-formed-json.js'
import type { RunResult } from './ledger.js'
import { ToolError, UncertainError } from './tool-error.js'

/** The words for a failure that is nobody's business but the developer's. */
const failed = 'The tool failed.'
export const uncertain =
  'It is not known whether this call was carried out, because it was interrupted. It was not tried again.'

/** What the model and the client see of an error. */
export function wordsOf(error: unknown): string {
  return ToolError.is(error) ? error.message : failed
}

/** How a run ended. */
export interface Outcome {
  result: RunResult
  /** What was thrown, for the hook. */
  error?: unknown
  /** The run was given up while it may still have had an effect. */
  uncertain?: true
}

/**
 * The arguments as `run` takes them.
 *
 * @throws ToolError whose words tell the model what is wrong
 */
export async function checkInput(tool: Tool, input: unknown): Promise<unknown> {
  const standard = (tool.parameters as Partial<StandardSchema>)['~standard']
  if (tool.validate !== undefined) {
    try {
      return await tool.validate(input)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new ToolError(`The arguments are invalid: ${reason}`, { cause })
    }
  }
  if (typeof standard?.validate !== 'function') return input
  const result = await standard.validate(input)
  if (result.issues === undefined) return result.value
  throw new ToolError(`The arguments are invalid: ${describeIssues(result.issues)}`)
}

export interface RunSettings {
  /** Aborts when the stream ends. The time limit aborts it, too. */
  controller: AbortController
  toolMs: number
  maxResultCharacters: number
  /** Called with each preliminary result. */
  onPreliminary(result: RunResult): void
  /** Called with the outcome, as soon as there is one. */
  onOutcome(outcome: Outcome): void
}

/** Runs a tool to its end, to its time limit, or until its signal aborts. It never rejects. */
export async function runTool(
  tool: Tool,
  input: unknown,
  context: Omit<RunContext, 'signal'>,
  { controller, toolMs, maxResultCharacters, onPreliminary, onOutcome }: RunSettings,
): Promise<Outcome> {
  const { signal } = controller
  const late = new StreamError(
    'timeout',
    `The tool took longer than ${toolMs} ms (timeout.toolMs).`,
  )
  const timer = toolMs === Infinity ? undefined : setTimeout(() => controller.abort(late), toolMs)
  const given = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  given.catch(() => {})
  const end = (outcome: Outcome): Outcome => {
    onOutcome(outcome)
    return outcome
  }
  const read = (value: unknown): RunResult => bounded(value, maxResultCharacters)
  try {
    const work = Promise.resolve(tool.run?.(input, { ...context, signal }))
    work.catch(() => {})
    const value = await Promise.race([work, given])
    if (!isGenerator(value)) return end({ result: read(value) })
    return end({ result: await drainGenerator(value, given, read, onPreliminary) })
  } catch (error) {
    if (error === late) {
      const result: RunResult = { output: 'The tool took too long.', isError: true }
      return end({ result, error, uncertain: true })
    }
    if (signal.aborted || UncertainError.is(error)) {
      return end({ result: { output: uncertain, isError: true }, error, uncertain: true })
    }
    return end({ result: { ...read(wordsOf(error)), isError: true }, error })
  } finally {
    clearTimeout(timer)
  }
}

type AnyGenerator =
  | Iterator<unknown, unknown, undefined>
  | AsyncIterator<unknown, unknown, undefined>

function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== 'object' || value === null || !('next' in value)) return false
  return Symbol.asyncIterator in value || Symbol.iterator in value
}

async function drainGenerator(
  generator: AnyGenerator,
  given: Promise<never>,
  read: (value: unknown) => RunResult,
  onPreliminary: (result: RunResult) => void,
): Promise<RunResult> {
  let last: RunResult | undefined
  try {
    for (;;) {
      const { done, value } = await Promise.race([generator.next(), given])
      if (done) return value === undefined && last !== undefined ? last : read(value)
      last = read(value)
      onPreliminary(last)
    }
  } catch (error) {
    // Not awaited: a generator that waits for something answers when that has come.
    void closeGenerator(generator).catch(() => {})
    throw error
  }
}

async function closeGenerator(generator: AnyGenerator): Promise<void> {
  await generator.return?.(undefined)
}

/** A result as JSON, cut at the limit. */
export function bounded(value: unknown, maxCharacters: number): RunResult {
  const { output, content } = ToolResult.is(value) ? value : { output: value }
  if (content !== undefined) {
    const left = { characters: maxCharacters }
    const parts = content.map((part) => boundedPart(part, left))
    return output === undefined
      ? { output: undefined, content: parts }
      : { ...bounded(output, maxCharacters), content: parts }
  }
  if (typeof output === 'string') return { output: cut(output.toWellFormed(), maxCharacters) }
  let json: string | undefined
  try {
    json = toWellFormedJson(output)
  } catch (cause) {
    throw new TypeError(`The tool returned ${show(output)}, which cannot be written as JSON.`, {
      cause,
    })
  }
  if (json === undefined) return { output: null }
  if (json.length > maxCharacters) return { output: cut(json, maxCharacters) }
  return { output: exceededBound(json) === undefined ? JSON.parse(json) : json }
}

function boundedPart(part: InputPart, left: { characters: number }): InputPart {
  if (part.type === 'image' || part.type === 'file') {
    // Events are JSON.
    const { data } = part
    if (typeof data === 'string' || data instanceof URL) return { ...part, data: String(data) }
    if (data instanceof Uint8Array) return { ...part, data: toBase64(data) }
  }
  if (part.type !== 'text' || typeof part.text !== 'string') {
    throw new TypeError(`The content of the result holds ${show(part)}, which is no input part.`)
  }
  const text = cut(part.text.toWellFormed(), left.characters)
  left.characters = Math.max(0, left.characters - part.text.length)
  return { ...part, text }
}

function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text
  const kept = text.slice(0, maxCharacters).toWellFormed()
  return `${kept}\n(Cut off: the result has ${text.length} characters, and the limit is ${maxCharacters}.)`
}

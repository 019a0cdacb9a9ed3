/**
 * The tools that a request of any wire offers, and how far its turn has come.
 *
 * @module
 */

import { fields, listOf, textOf } from './request-conversation.js'
import { sampleOf } from './sample-json.js'

/** The end of a conversation, from the last message of the user. */
export interface SentTurn {
  question: string
  /** From 1. Each round of tool results begins another step. */
  step: number
  /** The results of all steps, as text. */
  results: readonly string[]
}

type Entry = readonly [kind: 'question' | 'result' | 'answer', text: string]

export function readTurn(body: unknown): SentTurn {
  const { messages, input, contents } = fields(body)
  const asked = typeof input === 'string' ? [{ role: 'user', content: input }] : input
  let turn: SentTurn = { question: '', step: 1, results: [] }
  let answered = true
  for (const [kind, text] of listOf(messages ?? asked ?? contents).flatMap(entriesOf)) {
    if (kind === 'answer') answered = true
    else if (kind === 'question') turn = { question: text, step: 1, results: [] }
    else {
      turn = {
        ...turn,
        step: answered ? turn.step + 1 : turn.step,
        results: [...turn.results, text],
      }
      answered = false
    }
  }
  return turn
}

/** The calls of a model that is asked for a tool by its name, or has to call one. */
export function callsFor(
  body: unknown,
  { question, results }: SentTurn,
): { name: string; input: unknown }[] {
  const tools = toolsOf(body)
  const choice = choiceOf(body)
  if (results.length > 0 || choice === 'none') return []
  const named = tools.filter(({ name }) =>
    typeof choice === 'object' ? choice.name === name : isAskedFor(name, question),
  )
  const calls = named.length === 0 && choice === 'required' ? tools.slice(0, 1) : named
  return calls.map(({ name, schema }) => ({ name, input: sampleOf(schema) ?? {} }))
}

function entriesOf(message: unknown): Entry[] {
  const { type, role, content, parts, output } = fields(message)
  if (role === 'system' || role === 'developer' || type === 'reasoning') return []
  if (role === 'tool') return [['result', textOf(content)]]
  if (typeof type === 'string' && type.endsWith('_output')) {
    return [['result', typeof output === 'string' ? output : textOf(output)]]
  }
  // Gemini's only question needs no role.
  if (role !== 'user' && (role !== undefined || type !== undefined)) return [['answer', '']]
  const results = listOf(content ?? parts).flatMap((item): Entry[] => {
    const { type: kind, content: result, functionResponse } = fields(item)
    if (kind === 'tool_result') return [['result', textOf(result)]]
    return functionResponse === undefined ? [] : [['result', responseOf(functionResponse)]]
  })
  const question = textOf(content ?? parts)
  // Wires whose results hold no files send them in a message of the user.
  const isQuestion = question !== '' && !/^(?:From|Files in) the result of /.test(question)
  return isQuestion ? [...results, ['question', question]] : results
}

interface OfferedTool {
  name: string
  schema: unknown
}

function toolsOf(body: unknown): OfferedTool[] {
  return listOf(fields(body).tools)
    .flatMap((tool) => {
      const { function: inner, functionDeclarations } = fields(tool)
      return functionDeclarations === undefined ? [inner ?? tool] : listOf(functionDeclarations)
    })
    .map(fields)
    .flatMap(({ name, parameters, input_schema, parametersJsonSchema }) => {
      const schema = parameters ?? input_schema ?? parametersJsonSchema
      // A tool of the server has no schema.
      return typeof name === 'string' && schema !== undefined ? [{ name, schema }] : []
    })
}

function choiceOf(body: unknown): 'auto' | 'required' | 'none' | { name: unknown } {
  const { tool_choice: given, toolConfig } = fields(body)
  const { mode, allowedFunctionNames } = fields(fields(toolConfig).functionCallingConfig)
  const { type, name, function: named } = fields(given)
  const only = name ?? fields(named).name ?? listOf(allowedFunctionNames)[0]
  if (only !== undefined) return { name: only }
  switch (String(mode ?? type ?? given).toLowerCase()) {
    case 'none':
      return 'none'
    case 'any':
    case 'required':
      return 'required'
    default:
      return 'auto'
  }
}

/** Whether a question has the name of a tool, or the longer words of its name. */
function isAskedFor(name: string, question: string): boolean {
  const asked = question.toLowerCase()
  const whole = name.toLowerCase().replaceAll(/[^\w]/g, '\\$&')
  if (new RegExp(`(?<!\\w)${whole}(?!\\w)`).test(asked)) return true
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word.length > 3)
  return words.length > 0 && words.every((word) => new RegExp(`\\b${word}`).test(asked))
}

function responseOf(functionResponse: unknown): string {
  const { response } = fields(functionResponse)
  const { output, error, result } = fields(response)
  const value = output ?? error ?? result ?? response
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

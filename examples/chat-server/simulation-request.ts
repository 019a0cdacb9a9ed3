/**
 * What the simulated model is asked, whichever provider it plays: the providers' names for the same
 * things are next to each other.
 */

export interface Asked {
  /** The last question of the user. */
  question: string
  /** The first one, if it is another. */
  first?: string
  /** The number of messages. */
  count: number
  /** The results of the tools that were called for the question, as text. */
  results: readonly string[]
  /** It may call tools. */
  hasTools: boolean
  /** The answer so far, if it broke off and has to be continued. */
  partial?: string
}

interface Sent {
  role?: string
  content?: unknown
  parts?: unknown
}

const isUser = ({ role, text }: { role: string; text: string }): boolean =>
  role === 'user' && text !== ''

export function readAsked(body: unknown): Asked {
  const { messages, input, contents, tools } = body as Partial<Record<string, Sent[]>>
  const sent = (messages ?? input ?? contents ?? []).map(
    ({ role = '', content, parts, ...item }) => ({
      role,
      text: textOf(content ?? parts),
      results: role === 'tool' ? [textOf(content)] : resultsIn(content ?? parts ?? [item]),
    }),
  )
  if (sent.at(-1)?.text.startsWith('Your last message was cut off')) sent.pop()
  const last = sent.at(-1)
  const isPartial = last?.text !== '' && (last?.role === 'assistant' || last?.role === 'model')
  if (isPartial) sent.pop()
  const [first] = sent.filter(isUser)
  const position = sent.findLastIndex(isUser)
  const question = sent[position]?.text ?? ''
  return {
    question,
    ...(first !== undefined && first !== sent[position] && { first: first.text }),
    count: sent.filter(({ role }) => role !== 'system' && role !== 'developer').length,
    results: sent.slice(position).flatMap(({ results }) => results),
    hasTools: tools !== undefined,
    ...(isPartial && { partial: last.text }),
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const list: { text?: unknown }[] = Array.isArray(content) ? content : []
  return list.map(({ text }) => (typeof text === 'string' ? text : '')).join('')
}

/** Results that are parts of a message: of Claude, OpenAI's Responses, and Gemini. */
function resultsIn(content: unknown): string[] {
  const list: ResultPart[] = Array.isArray(content) ? content : []
  return list.flatMap(({ type, content: text, output, functionResponse }) => {
    if (type === 'tool_result') return textOf(text)
    if (type === 'function_call_output') return textOf(output)
    return functionResponse === undefined ? [] : JSON.stringify(functionResponse.response)
  })
}

interface ResultPart {
  type?: string
  content?: unknown
  output?: unknown
  functionResponse?: { response?: unknown }
}

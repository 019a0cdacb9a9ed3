/**
 * Messages of AG-UI clients as messages for any provider.
 *
 * @module
 */

import { isErrorCode } from '../base/errors.js'
import type {
  AssistantMessage,
  Message,
  OutputPart,
  ToolApprovalPart,
  ToolCallPart,
} from '../base/messages.js'
import { isRecord } from '../base/read-json.js'
import { inputContent, ownIn, toResult } from './ag-ui-parts.js'
import type { AgUiMessageLike } from './ag-ui-shape.js'
import { closeCalls, inputOf } from './open-calls.js'
import { type Fields, invalid, recordIn, recordsIn, stringIn, stringsIn } from './read-messages.js'

/**
 * Turns messages of AG-UI, such as those of a `RunAgentInput`, into messages, with what `agUi()` and
 * `toAgUiMessages()` have put into them. The messages of one answer become one again, by their ids.
 * Results that follow their calls become a part of the answer.
 *
 * A `developer` message becomes one of role `system`. Activities stay in their place as blocks of the
 * origin `ag-ui`, which no provider receives and `toAgUiMessages()` writes again. `name`,
 * `subagentRunId`, the role `developer` and the `encryptedValue` of a message that no model made are
 * kept in `metadata.agUi`. Arguments that are not a JSON object give the call an `error`, and so does
 * a call without a result that the conversation has passed. What is left out: ids and metadata of
 * parts, and the ids of reasoning and results.
 *
 * The messages are as trustworthy as their sender: pass them to `parseMessages()`.
 *
 * @throws StreamError `invalid-request` with status 400 for anything else. It names the place
 * @example
 * ```ts
 * const { threadId, runId, messages } = await request.json()
 * const stream = createStream({ driver, messages: parseMessages(fromAgUiMessages(messages)) })
 * return toResponse(stream, agUi({ threadId, runId, messages }))
 * ```
 */
export function fromAgUiMessages(messages: readonly AgUiMessageLike[]): Message[] {
  const reader = new Reader()
  for (const [position, message] of recordsIn(messages, 'messages').entries()) {
    reader.add(message, `messages[${position}]`)
  }
  return reader.finish()
}

/** The messages of one answer. */
interface OpenAnswer {
  /** Undefined until its first message of the assistant, if its reasoning does not name it. */
  id: string | undefined
  hasMessage: boolean
  fields: Omit<AssistantMessage, 'role' | 'content' | 'id'>
  content: OutputPart[]
  /** Parts that had no place of their own, with their positions. */
  others: readonly unknown[]
  approvals: ToolApprovalPart[]
}

class Reader {
  readonly #messages: Message[] = []
  #answer: OpenAnswer | undefined
  /** What a person has said to the calls of the last answer. */
  #approvals: ToolApprovalPart[] = []
  /** The tool of each call. */
  readonly #names = new Map<string, string>()

  add(message: Fields, place: string): void {
    switch (message.role) {
      case 'system':
      case 'developer':
        this.#close()
        return void this.#messages.push({
          ...identity(message),
          role: 'system',
          content: stringIn(message, 'content', place),
          ...fieldsOf(message),
        })
      case 'user':
        this.#close()
        return void this.#messages.push({
          ...identity(message),
          role: 'user',
          content: inputContent(message, place),
          ...fieldsOf(message),
        })
      case 'reasoning':
        return this.#reasoning(message, place)
      case 'assistant':
        return this.#assistant(message, place)
      case 'tool':
        return this.#result(message, place)
      case 'activity':
        return this.#activity(message, place)
      default:
        throw invalid(
          `${place}.role is not "system", "developer", "user", "assistant", "reasoning", "tool" or "activity".`,
        )
    }
  }

  finish(): Message[] {
    this.#close()
    const closed = closeCalls(this.#messages)
    const content = this.#approvals
    return content.length === 0 ? closed : [...closed, { role: 'tool', content }]
  }

  #reasoning(message: Fields, place: string): void {
    const { id: name = '', encryptedValue } = stringsIn(message, 'id', 'encryptedValue')
    const id = /^(.+)-reasoning-\d+$/.exec(name)?.[1]
    const answer = this.#answer
    const isNext =
      answer !== undefined &&
      (id ?? answer.id) === answer.id &&
      (id !== undefined || !answer.hasMessage)
    const { content } = isNext ? answer : this.#open(id)
    const { redacted } = ownIn(message)
    content.push({
      type: 'reasoning',
      text: stringIn(message, 'content', place),
      ...(encryptedValue === undefined ? {} : { signature: encryptedValue }),
      ...(redacted === true ? { redacted } : {}),
    })
  }

  #assistant(message: Fields, place: string): void {
    const { id } = stringsIn(message, 'id')
    const answer = this.#continues(id) ? (this.#answer as OpenAnswer) : this.#open(id)
    if (answer.id === undefined && id !== undefined) answer.id = id
    if (!answer.hasMessage) {
      answer.hasMessage = true
      answer.fields = fieldsOf(message, true)
      const { others } = ownIn(message)
      if (Array.isArray(others)) answer.others = others
    }
    const text =
      message.content === undefined || message.content === null
        ? ''
        : stringIn(message, 'content', place)
    const { encryptedValue } = stringsIn(message, 'encryptedValue')
    if (text !== '' || encryptedValue !== undefined) {
      const signed = encryptedValue === undefined ? {} : { signature: encryptedValue }
      answer.content.push({ type: 'text', text, ...signed })
    }
    if (message.toolCalls === undefined || message.toolCalls === null) return
    for (const [at, call] of recordsIn(message.toolCalls, `${place}.toolCalls`).entries()) {
      answer.content.push(this.#call(call, answer, `${place}.toolCalls[${at}]`))
    }
  }

  /** Whether a message of the assistant belongs to the answer that is open. */
  #continues(id: string | undefined): boolean {
    const answer = this.#answer
    if (answer === undefined) return false
    if (!answer.hasMessage && (answer.id === undefined || answer.id === id)) return true
    return (
      answer.id !== undefined &&
      /^-\d+$/.test(id?.startsWith(answer.id) ? id.slice(answer.id.length) : '')
    )
  }

  #call(call: Fields, answer: OpenAnswer, place: string): ToolCallPart {
    const id = stringIn(call, 'id', place)
    const called = recordIn(call, 'function', place)
    const name = stringIn(called, 'name', `${place}.function`)
    const text = stringIn(called, 'arguments', `${place}.function`)
    const { encryptedValue: signature } = stringsIn(call, 'encryptedValue')
    const kept = ownIn(call)
    const { error, seal } = stringsIn(kept, 'error', 'seal')
    const { custom, approval } = kept
    this.#names.set(id, name)
    if (isRecord(approval) && typeof approval.approved === 'boolean') {
      const { approved } = approval
      answer.approvals.push({
        type: 'tool-approval',
        id,
        approved,
        ...stringsIn(approval, 'reason'),
      })
    }
    return {
      type: 'tool-call',
      id,
      name,
      ...(custom === true ? { input: text, custom } : inputOf(text)),
      ...(error === undefined ? {} : { error }),
      ...(signature === undefined ? {} : { signature }),
      ...(seal === undefined ? {} : { seal }),
    }
  }

  #result(message: Fields, place: string): void {
    const id = stringIn(message, 'toolCallId', place)
    const result = toResult(message, id, this.#names.get(id) ?? '', place)
    const answer = this.#answer
    if (answer?.content.some((part) => part.type === 'tool-call' && part.id === id)) {
      return void answer.content.push(result)
    }
    this.#close()
    const last = this.#messages.at(-1)
    if (last?.role === 'tool') last.content = [...last.content, result]
    else this.#messages.push({ role: 'tool', content: [result] })
  }

  #activity(message: Fields, place: string): void {
    const name = stringIn(message, 'activityType', place)
    const { content } = this.#answer ?? this.#open(stringsIn(message, 'id').id)
    content.push({ type: 'provider', name, origin: 'ag-ui', data: message })
  }

  #open(id: string | undefined): OpenAnswer {
    this.#close()
    const content: OutputPart[] = []
    this.#answer = { id, hasMessage: false, fields: {}, content, others: [], approvals: [] }
    return this.#answer
  }

  #close(): void {
    this.#approvals = this.#answer?.approvals ?? []
    if (this.#answer === undefined) return
    const { id, fields, content, others } = this.#answer
    this.#answer = undefined
    for (const other of others) {
      const [position, part] = Array.isArray(other) ? other : []
      if (isRecord(part)) content.splice(Number(position), 0, part as unknown as OutputPart)
    }
    if (content.length === 0) return
    const named = id === undefined ? {} : { id }
    this.#messages.push({ ...named, role: 'assistant', content, ...fields })
  }
}

function identity(message: Fields): { id?: string } {
  return stringsIn(message, 'id')
}

/** @param isModels - a model has made the message, so that its encrypted value is a signature */
function fieldsOf(message: Fields, isModels = false): OpenAnswer['fields'] {
  const { sluice: _own, ...theirs } = isRecord(message.metadata) ? message.metadata : {}
  const { status, errorCode, createdAt, metadata: value, ...kept } = ownIn(message)
  const agUi = {
    ...stringsIn(
      message,
      'name',
      'subagentRunId',
      ...(isModels ? [] : ['encryptedValue' as const]),
    ),
    ...(message.role === 'developer' && { role: 'developer' }),
  }
  const all = { ...theirs, ...(Object.keys(agUi).length > 0 && { agUi }) }
  const metadata = Object.keys(all).length > 0 ? all : value
  return {
    ...(status === 'partial' ? { status } : {}),
    ...(isErrorCode(errorCode) ? { errorCode } : {}),
    ...stringsIn(kept, 'key'),
    ...(typeof createdAt === 'string' || typeof createdAt === 'number' ? { createdAt } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  }
}

/**
 * Messages of the AI SDK's pages as messages for any provider.
 *
 * @module
 */

import { isErrorCode } from '../base/errors.js'
import type {
  AssistantMessage,
  ImageDetail,
  InputPart,
  Message,
  OutputPart,
  ProviderPart,
  ToolApprovalPart,
  ToolResultPart,
} from '../base/messages.js'
import { isRecord } from '../base/read-json.js'
import { type Fields, invalid, recordIn, recordsIn, stringIn, stringsIn } from './read-messages.js'
import { callOf } from './ui-calls.js'
import type { UiMessageLike } from './ui-message.js'
import { keptIn } from './ui-metadata.js'

/**
 * Turns messages of `useChat()` from `ai` 5, 6 and 7 into messages, with what `aiSdk()` and
 * `toUiMessages()` have put into their parts: signatures, seals, the status of the message, and blocks
 * of the provider. The results of tools that ran on the page come with their calls, and the answers
 * to approvals in a `tool` message at the end. The signatures of the AI SDK's own providers for
 * Anthropic, Google and OpenAI are read, too.
 *
 * A call without a result stays open at the end of the messages only. Anywhere else the
 * conversation has continued without it, and it carries an `error`. An answer whose text was still
 * streaming has the status `partial`.
 *
 * Parts that no provider takes stay in their place as blocks of the origin `ai-sdk`, which
 * `toUiMessages()` writes again: your own `data-` parts, `custom` and `reasoning-file`, and tools that
 * a provider ran. A `steering-message` becomes a message of the user. What is left out: the rest of
 * `providerMetadata`, titles of tools, preliminary results, and data parts of users.
 *
 * The messages are as trustworthy as their sender: pass them to `parseMessages()`.
 *
 * @throws StreamError `invalid-request` with status 400 for anything else. It names the place
 * @example
 * ```ts
 * const { messages } = await request.json()
 * const stream = createStream({ driver, tools, messages: parseMessages(fromUiMessages(messages)) })
 * return toResponse(stream, aiSdk())
 * ```
 */
export function fromUiMessages(messages: readonly UiMessageLike[]): Message[] {
  const given = recordsIn(messages, 'messages')
  return given.flatMap((message, position): Message[] => {
    const place = `messages[${position}]`
    const parts = recordsIn(message.parts, `${place}.parts`)
    for (const [at, part] of parts.entries()) stringIn(part, 'type', `${place}.parts[${at}]`)
    const { role } = message
    const fields = fieldsOf(message, parts)
    if (role === 'assistant') {
      return new Answer(fields, position === given.length - 1).read(parts, `${place}.parts`)
    }
    if (role !== 'user' && role !== 'system') {
      throw invalid(`${place}.role is not "user", "assistant" or "system".`)
    }
    const content = parts.flatMap((part, at) => toInput(part, `${place}.parts[${at}]`))
    return [{ ...fields, role, content }]
  })
}

type MessageFields = Pick<
  AssistantMessage,
  'id' | 'status' | 'errorCode' | 'key' | 'createdAt' | 'metadata'
>

function fieldsOf(message: Fields, parts: readonly Fields[]): MessageFields {
  const at = parts.findLastIndex(({ type }) => type === 'data-message')
  const { data } = parts[at] ?? {}
  // What follows the mark has continued the answer.
  const isMarked = at === parts.length - 1
  const { status, errorCode, createdAt, ...kept } = isRecord(data) ? data : {}
  // A page that stops leaves its last part like this.
  const isStreaming = parts.some(
    ({ type, state }) => (type === 'text' || type === 'reasoning') && state === 'streaming',
  )
  const isBroken = status === 'partial' && isMarked
  return {
    ...stringsIn(message, 'id'),
    ...(isBroken || isStreaming ? { status: 'partial' } : {}),
    ...(isBroken && isErrorCode(errorCode) ? { errorCode } : {}),
    ...stringsIn(kept, 'key'),
    ...(typeof createdAt === 'string' || typeof createdAt === 'number' ? { createdAt } : {}),
    ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
  }
}

function toInput(part: Fields, place: string): InputPart[] {
  if (part.type === 'text') return [{ type: 'text', text: stringIn(part, 'text', place) }]
  if (part.type !== 'file') return []
  const data = stringIn(part, 'url', place)
  const mediaType = stringIn(part, 'mediaType', place)
  const { image, detail } = keptIn(part.providerMetadata)
  if (image === true) {
    const type = mediaType === 'image/*' ? {} : { mediaType }
    return [{ type: 'image', data, ...type, ...(detail && { detail: detail as ImageDetail }) }]
  }
  return [{ type: 'file', data, mediaType, ...stringsIn(part, 'filename') }]
}

/** Reads an answer, and what a person has said to its calls. */
class Answer {
  readonly #messages: Message[] = []
  readonly #isLast: boolean
  #fields: MessageFields
  #content: OutputPart[] = []
  /** The results of a step follow all of its calls. */
  #results: ToolResultPart[] = []
  readonly #approvals: ToolApprovalPart[] = []

  constructor(fields: MessageFields, isLast: boolean) {
    this.#fields = fields
    this.#isLast = isLast
  }

  read(parts: readonly Fields[], place: string): Message[] {
    for (const [at, part] of parts.entries()) this.#add(part, `${place}[${at}]`)
    this.#finish()
    const content = this.#approvals
    return content.length === 0 ? this.#messages : [...this.#messages, { role: 'tool', content }]
  }

  #add(part: Fields, place: string): void {
    const type = part.type as string
    if (type === 'step-start') {
      this.#content.push(...this.#results)
      this.#results = []
    } else if (type === 'steering-message') {
      this.#finish()
      const parts = recordsIn(part.parts, `${place}.parts`)
      const content = parts.flatMap((each, at) => toInput(each, `${place}.parts[${at}]`))
      this.#messages.push({ ...stringsIn(part, 'id'), role: 'user', content })
      // The rest of the answer is a message of its own, with an id of its own.
      this.#fields = {}
    } else if (type === 'data-approval') this.#approval(part, place)
    else if (type === 'data-result') this.#resultContent(part)
    else if (type === 'data-signature') this.#sign(part)
    else if (part.providerExecuted !== true && isCall(type)) this.#call(part, place)
    else this.#content.push(...toOutput(part, place))
  }

  #call(part: Fields, place: string): void {
    const { call, result, approval, messageId } = callOf(part, this.#isLast, place)
    this.#content.push(call)
    if (result !== undefined) this.#results.push(result)
    if (approval !== undefined) this.#approvals.push(approval)
    // Seals are bound to the id of the message.
    if (this.#isLast && result === undefined && messageId !== undefined) {
      this.#fields = { ...this.#fields, id: messageId }
    }
  }

  /** The protocol of `ai` 5 has no approvals. */
  #approval(part: Fields, place: string): void {
    const data = recordIn(part, 'data', place)
    const { approved } = data
    if (typeof approved !== 'boolean' || !this.#isLast) return
    const id = stringIn(data, 'toolCallId', `${place}.data`)
    this.#approvals.push({ type: 'tool-approval', id, approved, ...stringsIn(data, 'reason') })
  }

  /** Nor has it metadata of files and results. */
  #sign({ data }: Fields): void {
    const last = this.#content.at(-1)
    const { signature } = stringsIn(isRecord(data) ? data : {}, 'signature')
    if (last?.type !== 'file' || signature === undefined) return
    this.#content[this.#content.length - 1] = { ...last, signature }
  }

  #resultContent({ data }: Fields): void {
    const { toolCallId, content } = isRecord(data) ? data : {}
    const at = this.#results.findLastIndex(({ id }) => id === toolCallId)
    const result = this.#results[at]
    if (result === undefined || !Array.isArray(content)) return
    this.#results[at] = { ...result, content: content as InputPart[] }
  }

  #finish(): void {
    const content = [...this.#content, ...this.#results]
    this.#content = []
    this.#results = []
    if (content.length > 0) this.#messages.push({ ...this.#fields, role: 'assistant', content })
  }
}

function isCall(type: string): boolean {
  return type === 'dynamic-tool' || type.startsWith('tool-')
}

function toOutput(part: Fields, place: string): OutputPart[] {
  switch (part.type) {
    case 'text':
    case 'reasoning': {
      const { type } = part
      const text = stringIn(part, 'text', place)
      const { signature, redacted } = keptIn(part.providerMetadata)
      if (text === '' && signature === undefined) return []
      const signed = signature === undefined ? {} : { signature }
      return [{ type, text, ...signed, ...(redacted === true ? { redacted } : {}) }]
    }
    case 'file': {
      const mediaType = stringIn(part, 'mediaType', place)
      const data = stringIn(part, 'url', place).replace(/^data:[^,]*;base64,/, '')
      const { signature } = keptIn(part.providerMetadata)
      return [{ type: 'file', mediaType, data, ...(signature === undefined ? {} : { signature }) }]
    }
    case 'source-url':
    case 'source-document': {
      const { raw } = keptIn(part.providerMetadata)
      return [
        {
          type: 'source',
          ...stringsIn(part, 'url', 'title'),
          ...(raw === undefined ? {} : { raw }),
        },
      ]
    }
    case 'data-source': {
      const { raw } = recordIn(part, 'data', place)
      return [{ type: 'source', raw }]
    }
    case 'data-provider': {
      const block = recordIn(part, 'data', place)
      const { data, partial } = block as unknown as ProviderPart
      const name = stringIn(block, 'name', `${place}.data`)
      const origin = stringIn(block, 'origin', `${place}.data`)
      return [{ type: 'provider', name, origin, data, ...(partial ? { partial } : {}) }]
    }
    case 'data-message':
    case 'data-retry':
      return []
    default:
      return [{ type: 'provider', name: part.type as string, origin: 'ai-sdk', data: part }]
  }
}

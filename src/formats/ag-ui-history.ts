/**
 * What an AG-UI client has of an answer.
 *
 * @module
 */

import type {
  AssistantMessage,
  InputPart,
  OutputPart,
  ToolApprovalPart,
  ToolCallPart,
  ToolResultPart,
} from '../base/messages.js'
import type { AgUiMessage, AgUiPart, AgUiToolCall } from './ag-ui-shape.js'

export function messageIdOf(id: string, step: number): string {
  return step === 1 ? id : `${id}-${step}`
}

export function reasoningId(id: string, count: number): string {
  return `${id}-reasoning-${count}`
}

export function resultId(toolCallId: string): string {
  return `${toolCallId}-result`
}

/** The output of a tool as text. */
export function contentOf(output: unknown): string {
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? '')
}

/** What events have no place for, and the messages of a client have. */
export interface AgUiDetails {
  /** What a person has said to calls, by their ids. */
  approvals: ReadonlyMap<string, ToolApprovalPart>
  /** For the first message of the assistant. */
  metadata: Record<string, unknown>
  toPart(part: InputPart): AgUiPart
}

type AgUiAssistant = Extract<AgUiMessage, { role: 'assistant' }>

/** Splits an answer into the messages that its events have built, with the same ids. */
export class AgUiHistory {
  readonly messages: AgUiMessage[] = []
  step = 1
  reasoningCount = 0
  /** Tools of the last step have run. */
  answered = false
  readonly #id: string
  readonly #details: AgUiDetails | undefined
  readonly #calls = new Set<string>()
  /** Parts without a place, each with its position. */
  readonly #others: [number, OutputPart][] = []
  #assistant: AgUiAssistant | undefined

  /** @param details - also keep what the events have no place for */
  constructor(id: string, { content }: Pick<AssistantMessage, 'content'>, details?: AgUiDetails) {
    this.#id = id
    this.#details = details
    const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
    for (const [position, part] of parts.entries()) this.#add(part, position)
    if (details !== undefined) this.#keep(details)
  }

  #add(part: OutputPart, position: number): void {
    if (part.type === 'tool-result') return this.#result(part)
    if (part.type === 'source' || part.type === 'file' || part.type === 'provider') {
      return this.#other(part, position)
    }
    this.#next()
    if (part.type === 'text') {
      const message = this.#message()
      message.content += part.text
      Object.assign(message, signed(part.signature))
    } else if (part.type === 'reasoning') {
      const id = reasoningId(this.#id, ++this.reasoningCount)
      const kept =
        this.#details && part.redacted ? { metadata: { sluice: { redacted: true } } } : {}
      const reasoning = { id, role: 'reasoning' as const, content: part.text }
      this.messages.push({ ...reasoning, ...signed(part.signature), ...kept })
    } else this.#call(part)
  }

  /** Begins a step if tools have run. */
  #next(): void {
    if (!this.answered) return
    this.answered = false
    this.#assistant = undefined
    this.step++
  }

  #call(part: ToolCallPart): void {
    const { id, name, input, signature } = part
    this.#calls.add(id)
    const text = typeof input === 'string' ? input : JSON.stringify(input ?? {})
    const message = this.#message()
    const call: AgUiToolCall = {
      id,
      type: 'function',
      function: { name, arguments: text },
      ...signed(signature),
      ...this.#detailsOf(part),
    }
    message.toolCalls = [...(message.toolCalls ?? []), call]
  }

  #detailsOf({ id, custom, error, seal }: ToolCallPart): object {
    if (this.#details === undefined) return {}
    const answer = this.#details.approvals.get(id)
    const approval = answer && { approved: answer.approved, reason: answer.reason }
    const messageId = seal === undefined ? undefined : this.#id
    const kept = own({ custom, error, seal, messageId, approval })
    return kept === undefined ? {} : { metadata: kept }
  }

  #result({ id: toolCallId, output, content = [], isError, preliminary }: ToolResultPart): void {
    if (preliminary) return
    if (this.#calls.has(toolCallId)) this.answered = true
    const text = contentOf(output)
    const result = { id: resultId(toolCallId), role: 'tool' as const, toolCallId }
    if (this.#details === undefined) return void this.messages.push({ ...result, content: text })
    const first = output === undefined ? [] : [{ type: 'text' as const, text }]
    const parts = content.length === 0 ? text : [...first, ...content.map(this.#details.toPart)]
    // The type of what is not a text; `undefined` is none.
    const kept = typeof output === 'string' ? undefined : own({ output: typeof output })
    this.messages.push({
      ...result,
      content: parts,
      ...(isError && { error: text }),
      ...(kept && { metadata: kept }),
    })
  }

  #other(part: OutputPart, position: number): void {
    if (this.#details === undefined) return
    this.#next()
    if (part.type === 'provider' && part.origin === 'ag-ui') {
      this.messages.push(part.data as AgUiMessage)
    } else if (part.type !== 'file' || !part.partial) {
      const { providerOptions: _options, cache: _cache, ...rest } = part
      this.#others.push([position, rest])
    }
  }

  #message(): AgUiAssistant {
    if (this.#assistant === undefined) {
      const id = messageIdOf(this.#id, this.step)
      this.#assistant = { id, role: 'assistant', content: '' }
      this.messages.push(this.#assistant)
    }
    return this.#assistant
  }

  #keep({ metadata: { sluice, ...metadata } }: AgUiDetails): void {
    const others = this.#others.length === 0 ? undefined : this.#others
    const kept = { ...metadata, ...own({ ...(sluice as object | undefined), others }) }
    if (Object.keys(kept).length === 0) return
    const first = this.messages.find(({ role }) => role === 'assistant') ?? this.#message()
    first.metadata = kept
  }
}

function signed(encryptedValue: string | undefined): { encryptedValue?: string } {
  return encryptedValue === undefined ? {} : { encryptedValue }
}

/** Our fields in the metadata of a client; undefined if there are none. */
export function own(values: object): { sluice: object } | undefined {
  const known = Object.entries(values).filter(([, value]) => value !== undefined)
  return known.length === 0 ? undefined : { sluice: Object.fromEntries(known) }
}

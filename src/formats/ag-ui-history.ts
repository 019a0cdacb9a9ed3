/**
 * What an AG-UI client has of an answer.
 *
 * @module
 */

import type { AssistantMessage, OutputPart } from '../base/messages.js'

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

interface AgUiAssistant {
  id: string
  role: 'assistant'
  content: string
  toolCalls?: object[]
  encryptedValue?: string
}

/** Splits an answer into the messages that its events have built, with the same ids. */
export class AgUiHistory {
  readonly messages: object[] = []
  step = 1
  reasoningCount = 0
  /** Tools of the last step have run. */
  answered = false
  readonly #id: string
  readonly #calls = new Set<string>()
  #assistant: AgUiAssistant | undefined

  constructor(id: string, { content }: AssistantMessage) {
    this.#id = id
    for (const part of content as readonly OutputPart[]) this.#add(part)
  }

  #add(part: OutputPart): void {
    if (part.type === 'tool-result') {
      const toolCallId = part.id
      const content = contentOf(part.output)
      this.messages.push({ id: resultId(toolCallId), role: 'tool', toolCallId, content })
      if (this.#calls.has(toolCallId)) this.answered = true
      return
    }
    if (this.answered) {
      this.answered = false
      this.#assistant = undefined
      this.step++
    }
    if (part.type === 'text') {
      const message = this.#message()
      message.content += part.text
      Object.assign(message, signed(part.signature))
    } else if (part.type === 'reasoning') {
      const id = reasoningId(this.#id, ++this.reasoningCount)
      const content = part.text
      this.messages.push({ id, role: 'reasoning', content, ...signed(part.signature) })
    } else if (part.type === 'tool-call') {
      const { id, name, input, signature } = part
      this.#calls.add(id)
      const call = { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) }
      const message = this.#message()
      message.toolCalls = [
        ...(message.toolCalls ?? []),
        { id, type: 'function', function: call, ...signed(signature) },
      ]
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
}

function signed(encryptedValue: string | undefined): object {
  return encryptedValue === undefined ? {} : { encryptedValue }
}

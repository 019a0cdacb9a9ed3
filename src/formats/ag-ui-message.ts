/**
 * The message that an AG-UI run builds, and its reasoning.
 *
 * @module
 */

import type { ReasoningContent, TextContent, ToolCallContent } from '../base/events.js'

type Write = (event: { type: string } & Record<string, unknown>) => void

export class AgUiMessage {
  /** The id of the assistant's message. */
  id = 'unknown'
  readonly #write: Write
  #textIsOpen = false
  /** The content block of the open reasoning. */
  #reasoning: number | undefined
  #reasoningCount = 0
  #openCalls = new Map<number, string>()
  #begun = false

  constructor(write: Write) {
    this.#write = write
  }

  /** Whether anything has been sent that a restart has to retract. */
  get begun(): boolean {
    return this.#begun
  }

  /** Whether a tool call has begun that may be incomplete. */
  get isCalling(): boolean {
    return this.#openCalls.size > 0
  }

  text({ text, signature }: TextContent): void {
    this.#closeReasoning()
    const messageId = this.id
    if (!this.#textIsOpen) {
      this.#begun = true
      this.#textIsOpen = true
      this.#write({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' })
    }
    if (text !== '') this.#write({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta: text })
    this.#sign('message', messageId, signature)
  }

  reasoning({ index, text, signature }: ReasoningContent): void {
    if (this.#reasoning !== index) {
      this.#closeReasoning()
      this.#begun = true
      this.#reasoning = index
      this.#reasoningCount++
      const messageId = this.#reasoningId
      this.#write({ type: 'REASONING_START', messageId })
      this.#write({ type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' })
    }
    const messageId = this.#reasoningId
    if (text !== '') this.#write({ type: 'REASONING_MESSAGE_CONTENT', messageId, delta: text })
    this.#sign('message', messageId, signature)
  }

  toolCall({ index, id: toolCallId, name, input, signature }: ToolCallContent): void {
    this.#closeReasoning()
    if (!this.#openCalls.has(index)) {
      this.#closeText()
      this.#begun = true
      this.#openCalls.set(index, toolCallId)
      const parentMessageId = this.id
      const toolCallName = name
      this.#write({ type: 'TOOL_CALL_START', toolCallId, toolCallName, parentMessageId })
    }
    if (input !== '') this.#write({ type: 'TOOL_CALL_ARGS', toolCallId, delta: input })
    this.#sign('tool-call', toolCallId, signature)
  }

  close(): void {
    this.#closeReasoning()
    this.#closeText()
    for (const toolCallId of this.#openCalls.values()) {
      this.#write({ type: 'TOOL_CALL_END', toolCallId })
    }
    this.#openCalls.clear()
  }

  /**
   * Sends a snapshot of the request's messages, which removes the message that was written here.
   * Its ids are used again.
   */
  takeBack(messages: readonly object[]): void {
    const calls = [...this.#openCalls.values()]
    this.close()
    for (const toolCallId of calls) {
      // Otherwise the client treats them as calls that wait for a result. The snapshot removes this
      // message, too.
      const messageId = `${toolCallId}-void`
      this.#write({ type: 'TOOL_CALL_RESULT', messageId, toolCallId, content: '', role: 'tool' })
    }
    // Clients keep reasoning that is missing in a snapshot, unless the snapshot has reasoning of
    // its own: an empty one, which the next attempt fills.
    const reasoning = { id: `${this.id}-reasoning-1`, role: 'reasoning', content: '' }
    const all = this.#reasoningCount > 0 ? [...messages, reasoning] : messages
    this.#write({ type: 'MESSAGES_SNAPSHOT', messages: all })
    this.#reasoningCount = 0
    this.#begun = false
  }

  get #reasoningId(): string {
    return `${this.id}-reasoning-${this.#reasoningCount}`
  }

  #closeText(): void {
    if (!this.#textIsOpen) return
    this.#textIsOpen = false
    this.#write({ type: 'TEXT_MESSAGE_END', messageId: this.id })
  }

  #closeReasoning(): void {
    if (this.#reasoning === undefined) return
    this.#reasoning = undefined
    const messageId = this.#reasoningId
    this.#write({ type: 'REASONING_MESSAGE_END', messageId })
    this.#write({ type: 'REASONING_END', messageId })
  }

  /** A value that has to be sent back with the message in the next request. */
  #sign(subtype: 'message' | 'tool-call', entityId: string, encryptedValue?: string): void {
    if (encryptedValue === undefined) return
    this.#write({ type: 'REASONING_ENCRYPTED_VALUE', subtype, entityId, encryptedValue })
  }
}

/**
 * The message that an AG-UI run builds, and its reasoning.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type {
  ReasoningContent,
  TextContent,
  ToolCallContent,
  ToolResultContent,
} from '../base/content-kinds.js'
import type { RetryEvent } from '../base/events.js'
import { AgUiHistory, contentOf, messageIdOf, reasoningId, resultId } from './ag-ui-history.js'

type Write = (event: { type: string } & Record<string, unknown>) => void

export class AgUiMessage {
  /** The id of the stream. The assistant's messages have ids that begin with it. */
  id = 'unknown'
  readonly #write: Write
  readonly #content = new Accumulator()
  /** The last block that has been sent; -1 for none. */
  #last = -1
  #step = 1
  /** Tools of this step have run, so what comes next is another message. */
  #answered = false
  #textIsOpen = false
  /** The content block of the open reasoning. */
  #reasoning: number | undefined
  #reasoningCount = 0
  #openCalls = new Map<number, string>()
  /** The ids of the calls of the step. */
  readonly #calls = new Set<string>()

  constructor(write: Write) {
    this.#write = write
  }

  /** Whether a restart from this block on has to retract anything. */
  hasSent(from: number = 0): boolean {
    return this.#last >= from
  }

  /** Whether a tool call has begun that may be incomplete. */
  get isCalling(): boolean {
    return this.#openCalls.size > 0
  }

  text(event: TextContent): void {
    const { text, signature } = event
    this.#take(event)
    this.#closeReasoning()
    const messageId = this.#messageId
    if (!this.#textIsOpen) {
      this.#textIsOpen = true
      this.#write({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' })
    }
    if (text !== '') this.#write({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta: text })
    this.#sign('message', messageId, signature)
  }

  reasoning(event: ReasoningContent): void {
    const { index, text, signature } = event
    this.#take(event)
    if (this.#reasoning !== index) {
      this.#closeReasoning()
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

  toolCall(event: ToolCallContent): void {
    const { index, id: toolCallId, name, input, signature } = event
    // A seal follows the arguments, and has no place here.
    if (event.seal !== undefined && input === '') return
    this.#take(event)
    this.#closeReasoning()
    if (!this.#openCalls.has(index)) {
      this.#closeText()
      this.#openCalls.set(index, toolCallId)
      this.#calls.add(toolCallId)
      const parentMessageId = this.#messageId
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

  /** The final result of a tool. */
  toolResult(event: ToolResultContent): void {
    const { id: toolCallId, output, index } = event
    this.#content.add(event)
    this.#last = Math.max(this.#last, index)
    // Tools run for whole steps only.
    this.close()
    if (this.#calls.has(toolCallId)) this.#answered = true
    const content = contentOf(output)
    const messageId = resultId(toolCallId)
    this.#write({ type: 'TOOL_CALL_RESULT', messageId, toolCallId, content, role: 'tool' })
  }

  /**
   * Sends a snapshot of the request's messages with the steps that stand, which removes what was
   * written after them. Its ids are used again.
   */
  retract(event: RetryEvent, messages: readonly object[]): void {
    const { from = 0 } = event
    const calls = [...this.#openCalls].filter(([index]) => index >= from)
    this.close()
    for (const [, toolCallId] of calls) {
      // Otherwise the client treats them as calls that wait for a result. The snapshot removes this
      // message, too.
      const messageId = `${toolCallId}-void`
      this.#write({ type: 'TOOL_CALL_RESULT', messageId, toolCallId, content: '', role: 'tool' })
    }
    this.#content.add(event)
    const kept = new AgUiHistory(this.id, this.#content.message())
    const all = [...messages, ...kept.messages]
    // Clients keep reasoning that is missing in a snapshot, unless the snapshot has reasoning of
    // its own: an empty one, which the next attempt fills.
    if (this.#reasoningCount > 0 && kept.reasoningCount === 0) {
      all.push({ id: reasoningId(this.id, 1), role: 'reasoning', content: '' })
    }
    this.#write({ type: 'MESSAGES_SNAPSHOT', messages: all })
    this.#reasoningCount = kept.reasoningCount
    this.#step = kept.step
    this.#answered = kept.answered
    this.#last = from - 1
  }

  /** Begins a message if tools have run. */
  #take(event: TextContent | ReasoningContent | ToolCallContent): void {
    this.#content.add(event)
    this.#last = Math.max(this.#last, event.index)
    if (!this.#answered) return
    this.#answered = false
    this.#calls.clear()
    this.#step++
  }

  get #messageId(): string {
    return messageIdOf(this.id, this.#step)
  }

  get #reasoningId(): string {
    return reasoningId(this.id, this.#reasoningCount)
  }

  #closeText(): void {
    if (!this.#textIsOpen) return
    this.#textIsOpen = false
    this.#write({ type: 'TEXT_MESSAGE_END', messageId: this.#messageId })
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

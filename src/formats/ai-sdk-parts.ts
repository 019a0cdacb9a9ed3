/**
 * The parts of the message that `aiSdk()` writes, without their order in steps.
 *
 * @module
 */

import type {
  FileContent,
  ReasoningContent,
  SourceContent,
  TextContent,
  ToolResultContent,
} from '../base/content-kinds.js'
import type { ToolCallPart } from '../base/messages.js'
import { denied } from '../base/tools.js'
import type { AiSdkProtocol } from './ai-sdk-protocols.js'
import { type Kept, keep } from './ui-kept.js'

export type WriteChunk = (chunk: { type: string } & Record<string, unknown>) => void

/** The text or reasoning that is being written. */
interface OpenPart {
  index: number
  kind: 'text' | 'reasoning'
  id: string
  signature?: string | undefined
  redacted?: true | undefined
}

export class AiSdkParts {
  readonly #write: WriteChunk
  readonly #protocol: AiSdkProtocol
  #open: OpenPart | undefined
  #count = 0

  constructor(write: WriteChunk, protocol: AiSdkProtocol) {
    this.#write = write
    this.#protocol = protocol
  }

  text(event: TextContent | ReasoningContent): void {
    const open = this.#openPart(event)
    if (event.signature !== undefined) open.signature = event.signature
    if (event.text === '') return
    this.#write({ type: `${event.kind}-delta`, id: open.id, delta: event.text })
  }

  #openPart(event: TextContent | ReasoningContent): OpenPart {
    const { index, kind } = event
    if (this.#open?.index === index) return this.#open
    this.close()
    const id = String(this.#count++)
    this.#write({ type: `${kind}-start`, id })
    this.#open = { index, kind, id, redacted: 'redacted' in event ? event.redacted : undefined }
    return this.#open
  }

  /** Ends the text or reasoning. */
  close(): void {
    if (this.#open === undefined) return
    const { kind, id, signature, redacted } = this.#open
    this.#open = undefined
    this.#write({ type: `${kind}-end`, id, ...metadataOf({ signature, redacted }) })
  }

  /** Forgets the text or reasoning, which the client has removed. */
  drop(): void {
    this.#open = undefined
  }

  /** @param messageId - the id of the stream, to which the seal is bound */
  call(call: ToolCallPart, messageId: string): void {
    const { id: toolCallId, name: toolName, input, signature, seal, error, custom } = call
    const errorText = error ?? (typeof input === 'string' && !custom ? notJson : undefined)
    const failed = errorText === undefined ? undefined : (true as const)
    const kept = { signature, custom, seal, messageId: seal && messageId, failed }
    const chunk = { toolCallId, toolName, input, ...metadataOf(kept) }
    if (errorText === undefined) this.#write({ type: 'tool-input-available', ...chunk })
    else this.#write({ type: 'tool-input-error', ...chunk, errorText })
  }

  /** @param isOurs - the call is one of this stream; otherwise of the message that it continues */
  result(event: ToolResultContent, isOurs: boolean): void {
    const { id: toolCallId, output = null, content, isError, preliminary } = event
    const { hasApprovals, keepsMetadata } = this.#protocol
    const kept = keepsMetadata ? metadataOf({ content }) : {}
    const isDenied = isError && typeof output === 'string' && output.startsWith(denied)
    if (!isError) {
      this.#write({ type: 'tool-output-available', toolCallId, output, preliminary, ...kept })
    } else if (isDenied && !isOurs && hasApprovals) {
      this.#write({ type: 'tool-output-denied', toolCallId })
    } else {
      const errorText = typeof output === 'string' ? output : JSON.stringify(output)
      this.#write({ type: 'tool-output-error', toolCallId, errorText, ...kept })
    }
    if (content === undefined || preliminary || keepsMetadata) return
    this.#write({ type: 'data-result', id: `result-${toolCallId}`, data: { toolCallId, content } })
  }

  approval(toolCallId: string, messageId: string): void {
    if (this.#protocol.hasApprovals) {
      const approvalId = `${messageId}/${toolCallId}`
      return this.#write({ type: 'tool-approval-request', approvalId, toolCallId })
    }
    this.#write({ type: 'data-approval', id: `approval-${toolCallId}`, data: { toolCallId } })
  }

  source({ url, title }: SourceContent): void {
    const sourceId = `source-${this.#count++}`
    if (url !== undefined) this.#write({ type: 'source-url', sourceId, url, title })
    else if (title !== undefined) {
      this.#write({ type: 'source-document', sourceId, mediaType: 'text/plain', title })
    }
  }

  file({ mediaType, data, partial, signature }: FileContent): void {
    // The protocol cannot replace a preview.
    if (partial) return
    const url = `data:${mediaType};base64,${data}`
    const { keepsMetadata } = this.#protocol
    this.#write({ type: 'file', url, mediaType, ...(keepsMetadata && metadataOf({ signature })) })
    if (signature === undefined || keepsMetadata) return
    this.#write({ type: 'data-signature', data: { signature } })
  }
}

const notJson = 'The arguments of this call are not valid JSON.'

/** The metadata that has to be sent back with the part in the next request. */
function metadataOf(values: { [Name in keyof Kept]: Kept[Name] | undefined }): object {
  const providerMetadata = keep(values)
  return providerMetadata === undefined ? {} : { providerMetadata }
}

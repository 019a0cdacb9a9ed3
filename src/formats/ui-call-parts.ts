/**
 * Tool calls as parts of AI SDK messages.
 *
 * @module
 */

import type { Message, ToolApprovalPart, ToolCallPart } from '../base/messages.js'
import { denied } from '../base/tools.js'
import { matchResults } from '../wires/call-order.js'
import { jsonParts } from './json-parts.js'
import type { Kept } from './ui-kept.js'
import type { UiMetadata, UiPart } from './ui-message.js'
import { metadataOf } from './ui-metadata.js'

interface UiCallOptions {
  version?: 5 | 6 | 7
  waiting?: readonly { id: string; for: string }[]
}

/** Tool calls with their results, and what a person has said to them. */
export class UiCallParts {
  readonly #results: ReturnType<typeof matchResults>
  readonly #approvals = new Map<string, ToolApprovalPart>()
  readonly #waiting: ReadonlySet<string>
  readonly #hasApprovals: boolean

  constructor(messages: readonly Message[], { version, waiting = [] }: UiCallOptions) {
    this.#results = matchResults(messages)
    this.#hasApprovals = version !== 5
    this.#waiting = new Set(waiting.flatMap((call) => (call.for === 'approval' ? [call.id] : [])))
    const last = messages.at(-1)
    for (const part of last?.role === 'tool' ? last.content : []) {
      if (part.type === 'tool-approval') this.#approvals.set(part.id, part)
    }
  }

  partOf(call: ToolCallPart, messageId: string): UiPart {
    const { id, name, input, error, signature, custom, seal } = call
    const result = this.#results.get(call)?.part
    const kept: Kept = {
      ...(signature === undefined ? {} : { signature }),
      ...(custom && { custom }),
      ...(seal === undefined ? {} : { seal, messageId }),
    }
    const tool = { type: `tool-${name}` as const, toolCallId: id }
    const withKept = (more: Kept): { callProviderMetadata?: UiMetadata } => {
      const { providerMetadata: callProviderMetadata } = metadataOf({ ...kept, ...more })
      return callProviderMetadata === undefined ? {} : { callProviderMetadata }
    }
    if (result !== undefined) {
      const { output, isError } = result
      const content = result.content && { content: jsonParts(result.content) }
      const approval = { id: approvalId(messageId, id), approved: false as const }
      if (isError && this.#hasApprovals && content === undefined && isDenial(output)) {
        const reason = output.slice(`${denied} Reason: `.length)
        const told = { ...approval, ...(reason === '' ? {} : { reason }) }
        return { ...tool, ...withKept({}), state: 'output-denied', input, approval: told }
      }
      if (!isError) {
        const shape: Kept = { ...content, ...(output === undefined ? { hasOutput: false } : {}) }
        return {
          ...tool,
          ...withKept(shape),
          state: 'output-available',
          input,
          output: output ?? null,
        }
      }
      const isText = typeof output === 'string'
      const errorText = isText ? output : (JSON.stringify(output) ?? 'The tool failed.')
      const shape: Kept = { ...content, ...(isText ? {} : { output }) }
      return { ...tool, ...withKept(shape), state: 'output-error', input, errorText }
    }
    if (error !== undefined) {
      const metadata = withKept({ failed: true })
      return { ...tool, ...metadata, state: 'output-error', input, errorText: error }
    }
    const answer = this.#approvals.get(id)
    const asked = { id: approvalId(messageId, id) }
    if (answer !== undefined && this.#hasApprovals) {
      const { approved, reason } = answer
      const approval = { ...asked, approved, ...(reason === undefined ? {} : { reason }) }
      return { ...tool, ...withKept({}), state: 'approval-responded', input, approval }
    }
    if (this.#waiting.has(id) && this.#hasApprovals) {
      return { ...tool, ...withKept({}), state: 'approval-requested', input, approval: asked }
    }
    return { ...tool, ...withKept({}), state: 'input-available', input }
  }
}

function isDenial(output: unknown): output is string {
  if (typeof output !== 'string' || !output.startsWith(denied)) return false
  return output === denied || output.startsWith(`${denied} Reason: `)
}

/** As `aiSdk()` names it. */
function approvalId(messageId: string, callId: string): string {
  return `${messageId}/${callId}`
}

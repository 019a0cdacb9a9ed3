/**
 * Messages as those of the AI SDK's pages.
 *
 * @module
 */

import { checkOptions, list, oneOf, type Rules } from '../base/check-options.js'
import type {
  InputPart,
  Message,
  OutputPart,
  ToolApprovalPart,
  ToolCallPart,
  ToolResultPart,
} from '../base/messages.js'
import { newId } from '../base/new-id.js'
import { denied } from '../base/tools.js'
import { matchResults } from '../wires/call-order.js'
import { jsonParts, mediaTypeOf, urlOf } from './json-parts.js'
import { type Kept, keep } from './ui-kept.js'
import type { UiMessage, UiMetadata, UiPart, UiPartOf5 } from './ui-message.js'
import { forOthers } from './ui-metadata.js'

/** Options of `toUiMessages()`. */
export interface ToUiMessagesOptions {
  /**
   * The major version of `ai` on the page. Version 5 has no approvals: a call that was not allowed
   * is one that failed, and a call that waits is like any other.
   * @default 7
   */
  version?: 5 | 6 | 7
  /**
   * The calls that wait, as in `complete.waiting`. Those for an approval are shown with the question.
   * @default none: every open call is shown without a question
   */
  waiting?: readonly { id: string; for: string }[]
}

const rules: Rules<ToUiMessagesOptions> = { version: oneOf(5, 6, 7), waiting: list }

/**
 * Turns messages into those of `useChat()`, such as a stored conversation for a page that is loaded.
 * `fromUiMessages()` gives the same messages again. Results are shown with their calls, whichever
 * message holds them.
 *
 * Ids, metadata and the text of messages have their own places. What a page has no place for goes
 * into `providerMetadata.sluice` (signatures, seals, details), and into data parts: `data-provider`
 * for blocks of a provider, and `data-message` for the status `partial`, `key` and `createdAt`. The
 * AI SDK's own providers find their signatures, too. A message without an id gets a new one.
 *
 * What is left out: `providerOptions` and `cache`, which stay on the server, previews of files,
 * preliminary results, results without a call, and the fields of `tool` messages.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const { messages } = await conversation.read()
 * return Response.json(toUiMessages(messages))
 * ```
 */
export function toUiMessages(
  messages: readonly Message[],
  options: ToUiMessagesOptions & { version: 5 },
): UiMessage<UiPartOf5>[]
export function toUiMessages(
  messages: readonly Message[],
  options?: ToUiMessagesOptions,
): UiMessage[]
export function toUiMessages(
  messages: readonly Message[],
  options: ToUiMessagesOptions = {},
): UiMessage[] {
  checkOptions('toUiMessages', options, rules)
  const calls = new Calls(messages, options)
  return messages.flatMap((message): UiMessage[] => {
    const { role, id = newId(), metadata } = message
    if (role === 'tool') return []
    const parts =
      role === 'assistant'
        ? answerParts(message.content, id, calls)
        : partsOf(message.content).map(inputPart)
    const fields = metadata === undefined ? {} : { metadata }
    return [{ id, role, ...fields, parts: [...parts, ...ownPart(message)] }]
  })
}

function partsOf<Part>(content: string | readonly Part[]): readonly (Part | TextOnly)[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

interface TextOnly {
  type: 'text'
  text: string
}

/** What the message has beside its content. */
function ownPart({ status, key, createdAt }: Message): UiPart[] {
  const known = Object.entries({ status, key, createdAt }).filter(
    ([, value]) => value !== undefined,
  )
  return known.length === 0 ? [] : [{ type: 'data-message', data: Object.fromEntries(known) }]
}

function inputPart(part: InputPart): UiPart {
  if (part.type === 'text') return { type: 'text', text: part.text, state: 'done' }
  const named = part.type === 'file' && part.filename !== undefined
  const image = part.type === 'image' ? ({ image: true, detail: part.detail } as const) : {}
  return {
    type: 'file',
    mediaType: mediaTypeOf(part),
    url: urlOf(part),
    ...(named && { filename: part.filename as string }),
    ...metadataOf({ image: undefined, ...image }),
  }
}

function answerParts(
  content: string | readonly OutputPart[],
  messageId: string,
  calls: Calls,
): UiPart[] {
  const parts: UiPart[] = [{ type: 'step-start' }]
  let isAnswered = false
  for (const [index, part] of partsOf(content).entries()) {
    if (part.type === 'tool-result') {
      isAnswered ||= !part.preliminary && parts.length > 1
      continue
    }
    const shown =
      part.type === 'tool-call'
        ? calls.partOf(part, messageId)
        : outputPart(part, `${messageId}-${index}`)
    if (shown === undefined) continue
    if (isAnswered) parts.push({ type: 'step-start' })
    isAnswered = false
    parts.push(shown)
  }
  return parts
}

function outputPart(
  part: Exclude<OutputPart, ToolCallPart | ToolResultPart>,
  id: string,
): UiPart | undefined {
  switch (part.type) {
    case 'text':
    case 'reasoning': {
      const { type, text, signature } = part
      const kept = { signature, redacted: 'redacted' in part ? part.redacted : undefined }
      return { type, text, state: 'done', ...metadataOf(kept, type === 'reasoning') }
    }
    case 'file': {
      const { mediaType, data, partial, signature } = part
      if (partial) return undefined
      const url = `data:${mediaType};base64,${data}`
      return { type: 'file', mediaType, url, ...metadataOf({ signature }) }
    }
    case 'source': {
      const { url, title, raw } = part
      const sourceId = `source-${id}`
      const kept = metadataOf({ raw })
      if (url !== undefined) {
        return { type: 'source-url', sourceId, url, ...(title && { title }), ...kept }
      }
      if (title === undefined) return { type: 'data-source', id: sourceId, data: { raw } }
      return { type: 'source-document', sourceId, mediaType: 'text/plain', title, ...kept }
    }
    case 'provider': {
      const { name, origin, data, partial } = part
      if (origin === 'ai-sdk') return data as UiPart
      const block = { name, origin, data, ...(partial ? { partial } : {}) }
      return { type: 'data-provider', id: `provider-${id}`, data: block }
    }
  }
}

function metadataOf(
  kept: Parameters<typeof keep>[0],
  isReasoning = false,
): { providerMetadata?: UiMetadata } {
  const own = keep(kept)
  if (own === undefined) return {}
  const metadata = { ...forOthers(own.sluice, isReasoning), ...own }
  return { providerMetadata: metadata as unknown as UiMetadata }
}

/** Tool calls with their results, and what a person has said to them. */
class Calls {
  readonly #results: ReturnType<typeof matchResults>
  readonly #approvals = new Map<string, ToolApprovalPart>()
  readonly #waiting: ReadonlySet<string>
  readonly #hasApprovals: boolean

  constructor(messages: readonly Message[], { version, waiting = [] }: ToUiMessagesOptions) {
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
      const raw = typeof input === 'string' ? { input: undefined, rawInput: input } : { input }
      const metadata = withKept({ failed: true })
      return { ...tool, ...metadata, state: 'output-error', ...raw, errorText: error }
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

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
  ToolCallPart,
  ToolResultPart,
} from '../base/messages.js'
import { newId } from '../base/new-id.js'
import { mediaTypeOf, referenceOf, urlOf } from './json-parts.js'
import { UiCallParts } from './ui-call-parts.js'
import type { UiMessage, UiPart, UiPartOf5 } from './ui-message.js'
import { metadataOf } from './ui-metadata.js'

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
 * for blocks of a provider, and `data-message` for the status `partial`, `errorCode`, `key` and `createdAt`. The
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
  const calls = new UiCallParts(messages, options)
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
function ownPart({ status, errorCode, key, createdAt }: Message): UiPart[] {
  const known = Object.entries({ status, errorCode, key, createdAt }).filter(
    ([, value]) => value !== undefined,
  )
  return known.length === 0 ? [] : [{ type: 'data-message', data: Object.fromEntries(known) }]
}

function inputPart(part: InputPart): UiPart {
  if (part.type === 'text') return { type: 'text', text: part.text, state: 'done' }
  const named = part.type === 'file' && part.filename !== undefined
  const reference = referenceOf(part)
  const image = part.type === 'image' ? ({ image: true, detail: part.detail } as const) : {}
  return {
    type: 'file',
    mediaType: mediaTypeOf(part),
    url: urlOf(part),
    // Only ai 7 knows it.
    ...(reference && { providerReference: reference }),
    ...(named && { filename: part.filename as string }),
    ...metadataOf({ image: undefined, ...image }),
  }
}

function answerParts(
  content: string | readonly OutputPart[],
  messageId: string,
  calls: UiCallParts,
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

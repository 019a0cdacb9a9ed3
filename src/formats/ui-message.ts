/**
 * The messages of the AI SDK's pages.
 *
 * @module
 * @see https://ai-sdk.dev/docs/reference/ai-sdk-core/ui-message
 */

/** A message of `useChat()`, as far as it is read. */
export interface UiMessageLike {
  id?: string
  role: 'system' | 'user' | 'assistant'
  metadata?: unknown
  /** Objects with a `type`. */
  parts: readonly object[]
}

/** A message for `useChat()`. It is a `UIMessage` of `ai`. */
export interface UiMessage<Part = UiPart> {
  id: string
  role: 'system' | 'user' | 'assistant'
  metadata?: unknown
  parts: Part[]
}

/** JSON, as the AI SDK types it. */
export type UiJson = null | string | number | boolean | UiJson[] | { [name: string]: UiJson }

/** Data that belongs to a part, by the name of the provider; ours is `sluice`. */
export type UiMetadata = Record<string, { [name: string]: UiJson }>

/** A part of a message for `useChat()` of `ai` 6 and 7. */
export type UiPart = UiPartOfAll | UiToolPart<UiCallState | UiApprovalState>

/** A part of a message for `useChat()` of `ai` 5, which has no approvals. */
export type UiPartOf5 = UiPartOfAll | UiToolPart<UiCallState>

type UiPartOfAll =
  | { type: 'text' | 'reasoning'; text: string; state: 'done'; providerMetadata?: UiMetadata }
  | {
      type: 'file'
      mediaType: string
      url: string
      filename?: string
      /** The id of an uploaded file, by the name of the provider. */
      providerReference?: Record<string, string>
      providerMetadata?: UiMetadata
    }
  | {
      type: 'source-url'
      sourceId: string
      url: string
      title?: string
      providerMetadata?: UiMetadata
    }
  | {
      type: 'source-document'
      sourceId: string
      mediaType: string
      title: string
      providerMetadata?: UiMetadata
    }
  | { type: `data-${string}`; id?: string; data: unknown }
  | { type: 'step-start' }

type UiToolPart<State> = {
  type: `tool-${string}`
  toolCallId: string
  callProviderMetadata?: UiMetadata
} & State

type UiCallState =
  | { state: 'input-available'; input: unknown }
  | { state: 'output-available'; input: unknown; output: unknown }
  | { state: 'output-error'; input: unknown; errorText: string }

type UiApprovalState =
  | { state: 'approval-requested'; input: unknown; approval: { id: string } }
  | {
      state: 'approval-responded'
      input: unknown
      approval: { id: string; approved: boolean; reason?: string }
    }
  | {
      state: 'output-denied'
      input: unknown
      approval: { id: string; approved: false; reason?: string }
    }

/**
 * The shape of AG-UI's messages.
 *
 * @module
 * @see https://docs.ag-ui.com/concepts/messages
 */

/** A message of AG-UI, as far as it is read. */
export interface AgUiMessageLike {
  id?: string
  role: string
  content?: unknown
  name?: unknown
  encryptedValue?: unknown
  metadata?: unknown
  toolCalls?: unknown
  toolCallId?: unknown
  error?: unknown
  activityType?: unknown
  subagentRunId?: unknown
}

interface AgUiFields {
  id: string
  name?: string
  subagentRunId?: string
  encryptedValue?: string
  metadata?: Record<string, unknown>
}

/** A message for an AG-UI client. It is a `Message` of `@ag-ui/core`. */
export type AgUiMessage =
  | (AgUiFields & { role: 'system' | 'developer'; content: string })
  | (AgUiFields & { role: 'user'; content: string | AgUiPart[] })
  | (AgUiFields & { role: 'assistant'; content: string; toolCalls?: AgUiToolCall[] })
  | (AgUiFields & { role: 'reasoning'; content: string })
  | (AgUiFields & {
      role: 'tool'
      toolCallId: string
      content: string | AgUiPart[]
      error?: string
    })
  | (AgUiFields & { role: 'activity'; activityType: string; content: Record<string, unknown> })

/** A tool call in an AG-UI message. */
export interface AgUiToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
  encryptedValue?: string
  metadata?: Record<string, unknown>
}

/** A part of an AG-UI message of a user. */
export type AgUiPart =
  | { type: 'text'; text: string }
  | {
      type: 'image' | 'audio' | 'video' | 'document'
      source: AgUiSource
      metadata?: Record<string, unknown>
    }

type AgUiSource =
  | { type: 'data'; value: string; mimeType: string }
  | { type: 'url'; value: string; mimeType?: string }
  | { type: 'file'; value: string; mimeType?: string; provider?: string }

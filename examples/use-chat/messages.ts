/**
 * The messages of this page, for the types of `useChat()`.
 */

import type { UIMessage } from 'ai'

type Tools = { clock: { input: object; output: string } }

/** What `aiSdk()` sends about a retry. */
type Data = { retry: { attempt: number; maxAttempts: number; error: { message: string } } }

export type ChatMessage = UIMessage<unknown, Data, Tools>

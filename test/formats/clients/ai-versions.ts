/**
 * The readers and the checks of each version of `ai`.
 */

import * as ai7 from 'ai'
import * as ai5 from 'ai-5'
import * as ai6 from 'ai-6'

export type Version = 5 | 6 | 7

/** What a reader shows. The versions have types of their own. */
export interface Shown {
  message: { id: string; role: string; parts: { type: string }[] } | undefined
  /** Failures of the stream, and of chunks that the version refuses. */
  errors: unknown[]
}

export interface AiVersion {
  /** Reads a response with the version's own transport. */
  read(answer: () => Promise<Response>): Promise<Shown>
  /** Validates messages as the version does, and turns them into those for a model. */
  accept(messages: unknown[]): Promise<unknown[]>
}

function versionOf(ai: typeof ai7): AiVersion {
  return {
    async read(answer) {
      const transport = new ai.DefaultChatTransport({ fetch: answer })
      const stream = await transport.sendMessages({
        chatId: 'c',
        messages: [],
        trigger: 'submit-message',
        messageId: undefined,
        abortSignal: undefined,
      })
      const errors: unknown[] = []
      let message: Shown['message']
      const onError = (error: unknown): void => void errors.push(error)
      for await (const each of ai.readUIMessageStream({ stream, onError })) message = each
      return { message, errors }
    },
    async accept(messages) {
      const checked = await ai.validateUIMessages({
        messages: JSON.parse(JSON.stringify(messages)),
      })
      return ai.convertToModelMessages(checked)
    },
  }
}

/** Only what the versions have in common is used. */
const alike = (ai: unknown): typeof ai7 => ai as typeof ai7

export const versions: Readonly<Record<Version, AiVersion>> = {
  5: versionOf(alike(ai5)),
  6: versionOf(alike(ai6)),
  7: versionOf(ai7),
}

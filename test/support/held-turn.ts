/**
 * A turn with a tool, whose last step waits until the test lets it continue.
 */

import { type ConversationStore, createConversation } from '../../src/entries/conversation.js'
import { type Driver, tool } from '../../src/entries/index.js'

export interface HeldTurnOptions {
  store: ConversationStore
  id?: string
  /** Called while the tool runs. */
  onRun?(): Promise<void> | void
  /** What the last step says, each as one event. */
  words?: readonly string[]
}

/** The model calls `pay`, then says the first word, and the others once it is released. */
export function heldTurn({ store, id = 'c', onRun, words = ['Half', ' whole.'] }: HeldTurnOptions) {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const keys: string[] = []
  let requests = 0
  const driver: Driver = {
    provider: 'held',
    model: 'held',
    async *stream({ messages = [] }, { signal }) {
      requests++
      if (!JSON.stringify(messages).includes('tool-result')) {
        yield { type: 'content', kind: 'tool-call', index: 0, id: 'a', name: 'pay', input: '{}' }
        return { finishReason: 'tool-calls', usage: {} }
      }
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
      aborted.catch(() => {})
      for (const [index, text] of words.entries()) {
        if (index === 1) {
          reached.resolve()
          await Promise.race([released.promise, aborted])
        }
        yield { type: 'content', kind: 'text', index: 0, text }
      }
      return { finishReason: 'stop', usage: {} }
    },
  }
  const pay = tool({
    parameters: { type: 'object' },
    once: true,
    async run(_input: object, { key }) {
      keys.push(key)
      await onRun?.()
      return 'paid'
    },
  })
  const conversation = createConversation({ id, store, driver, tools: { pay }, leaseMs: 1_000 })
  return {
    conversation,
    /** Of the runs. */
    keys,
    requests: () => requests,
    /** Resolves once the model waits in mid-text. */
    reached: reached.promise,
    release: released.resolve,
  }
}

/**
 * One turn of a conversation, which hangs at a point, where its process is killed.
 */

import { tool } from 'sluice'
import { type ConversationStore, createConversation } from 'sluice/conversation'
import type { Driver } from 'sluice/driver'

export type CrashPoint = 'question' | 'text' | 'before run' | 'in run' | 'next step' | 'commit'

export interface CrashSettings {
  store: ConversationStore
  point: CrashPoint
  once: boolean
  /** What its tool does to the world. */
  effect(key: string): void
  /** Called at the point. */
  onReached(): void
}

const never = new Promise<never>(() => {})

export async function takeCrashTurn(settings: CrashSettings): Promise<void> {
  const { point, once, effect, onReached } = settings
  async function reach(here: CrashPoint): Promise<void> {
    if (here !== point) return
    onReached()
    await never
  }

  const driver: Driver = {
    provider: 'crashing',
    model: 'crashing',
    async *stream({ messages = [] }) {
      const isSecond = JSON.stringify(messages).includes('tool-result')
      await reach(isSecond ? 'next step' : 'question')
      if (!isSecond && point === 'text') {
        yield { type: 'content', kind: 'text', index: 0, text: 'Let me ' }
        await reach('text')
      }
      if (isSecond) yield { type: 'content', kind: 'text', index: 0, text: 'Done.' }
      else {
        yield { type: 'content', kind: 'tool-call', index: 0, id: 'a', name: 'pay', input: '{}' }
      }
      return { finishReason: isSecond ? 'stop' : 'tool-calls', usage: {} }
    },
  }

  const inner = settings.store
  const store: ConversationStore = {
    load: (id) => inner.load(id),
    clear: (id) => inner.clear(id),
    lock: (id, options) => inner.lock(id, options),
    async write(id, change, version) {
      if (change.draft === null) await reach('commit')
      return inner.write(id, change, version)
    },
  }

  const pay = tool({
    parameters: { type: 'object' },
    once,
    run: async (_input: object, { key }) => {
      await reach('before run')
      effect(key)
      await reach('in run')
      return 'paid'
    },
  })

  const conversation = createConversation({ id: 'c', store, driver, tools: { pay }, leaseMs: 500 })
  await conversation.send('Pay.', { key: 'k' }).final()
}

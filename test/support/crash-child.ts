/**
 * A process that takes one turn of a conversation in SQLite, on the built package, and hangs at a point, where it is killed. Its tool
 * writes a line into a file for each effect.
 */

import { appendFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tool } from 'sluice'
import { type ConversationStore, createConversation } from 'sluice/conversation'
import type { Driver } from 'sluice/driver'
import { sqliteStore } from 'sluice/sqlite'

export type CrashPoint = 'question' | 'text' | 'before run' | 'in run' | 'next step' | 'commit'

interface Parameters {
  file: string
  effects: string
  point: CrashPoint
  once: boolean
}

const { file, effects, point, once } = JSON.parse(process.argv[2] ?? '') as Parameters

const never = new Promise<never>(() => {})
/** Keeps the process alive. */
const timer = setInterval(() => {}, 1_000)

async function reach(here: CrashPoint): Promise<void> {
  if (here !== point) return
  console.log('reached')
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

const inner = sqliteStore(new DatabaseSync(file))
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
    appendFileSync(effects, `${key}\n`)
    await reach('in run')
    return 'paid'
  },
})

const conversation = createConversation({ id: 'c', store, driver, tools: { pay }, leaseMs: 500 })
await conversation.send('Pay.', { key: 'k' }).final()
clearInterval(timer)
console.log('done')

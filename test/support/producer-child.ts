/**
 * A process that publishes the turn of a conversation, on the built package, with both in one SQLite file. Its model says `half`
 * words and hangs. Told `go on`, it says the rest; told `hand over`, it hands its streams over and ends.
 */

import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { tool } from 'sluice'
import { createConversation, type OnError } from 'sluice/conversation'
import type { Driver } from 'sluice/driver'
import { createResumable } from 'sluice/resumable'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'

const { file, id, onError } = JSON.parse(process.argv[2] ?? '') as {
  file: string
  id: string
  onError?: OnError
}

let goOn = (): void => {}
const goesOn = new Promise<void>((resolve) => {
  goOn = resolve
})

const driver: Driver = {
  provider: 'first',
  model: 'first',
  async *stream({ messages = [] }, { signal }) {
    if (!JSON.stringify(messages).includes('tool-result')) {
      yield { type: 'content', kind: 'tool-call', index: 0, id: 'a', name: 'pay', input: '{}' }
      return { finishReason: 'tool-calls', usage: {} }
    }
    yield { type: 'content', kind: 'text', index: 0, text: 'Half of' }
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
    await Promise.race([goesOn, aborted])
    yield { type: 'content', kind: 'text', index: 0, text: ' something else.' }
    return { finishReason: 'stop', usage: {} }
  },
}

const database = new DatabaseSync(file)
const pay = tool({ parameters: { type: 'object' }, once: true, run: () => 'paid' })
const conversation = createConversation({
  id: 'c',
  store: sqliteStore(database),
  driver,
  tools: { pay },
  leaseMs: 500,
  ...(onError === undefined ? {} : { onError }),
})
const resumable = createResumable({ log: sqliteLog(database), leaseMs: 500, revive: () => null })
const { ended } = await resumable.publish(id, conversation.send('Pay.'))
void ended.then((end) => console.log(`ended ${end.type} ${'error' in end ? end.error.code : ''}`))
const stream = await resumable.follow(id)
for await (const event of stream ?? []) {
  if (event.type === 'content' && event.kind === 'text') console.log('half')
  if (event.type === 'content' && event.kind === 'text') break
}
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'go on') goOn()
  if (line !== 'hand over') continue
  await resumable.handOver()
  console.log('handed over')
  process.exit(0)
}

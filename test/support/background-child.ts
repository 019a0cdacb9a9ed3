/**
 * A process that publishes the turn of a conversation whose model is a background response of OpenAI, on the built package, with both
 * in one SQLite file. It prints a line for each piece of text that is in the log; told `hand over`, it hands its streams over and ends.
 */

import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { createConversation } from 'sluice/conversation'
import { openai } from 'sluice/openai'
import { createResumable } from 'sluice/resumable'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'

const { file, id, baseURL } = JSON.parse(process.argv[2] ?? '') as Record<
  'file' | 'id' | 'baseURL',
  string
>

// Loading the SDK on a busy machine takes longer than the leases of other tests.
const leaseMs = 2_000
const database = new DatabaseSync(file)
const driver = openai({
  model: 'gpt-5.5',
  api: 'responses',
  apiKey: 'any',
  baseURL,
  body: { background: true },
})
const store = sqliteStore(database)
const conversation = createConversation({ id: 'c', store, driver, leaseMs })
const resumable = createResumable({ log: sqliteLog(database), leaseMs, revive: () => null })
const { ended } = await resumable.publish(id, conversation.send('Count.'))
void ended.then(({ type }) => console.log(`ended ${type}`))

const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  if (line === 'hand over') void handOver()
})

async function handOver(): Promise<void> {
  await resumable.handOver()
  console.log('handed over')
  process.exit(0)
}

const stream = await resumable.follow(id)
for await (const event of stream ?? []) {
  if (event.type === 'content' && event.kind === 'text') console.log(`text ${event.text}`)
}

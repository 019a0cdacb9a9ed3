/**
 * A chat in the terminal that remembers what was said; an empty line ends it. Run it with `npm run example examples/conversation.ts`.
 */

import { createInterface } from 'node:readline'
import { createConversation, lastMessages, memoryStore } from 'sluice/conversation'
import { model } from './model.ts'

const conversation = createConversation({
  id: 'terminal',
  driver: model(),
  store: memoryStore(),
  select: lastMessages({ maxTokens: 8_000 }),
})

const lines = createInterface({ input: process.stdin })
process.stdout.write('> ')
for await (const line of lines) {
  if (line === '') break
  for await (const event of conversation.send(line)) {
    if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
    if (event.type === 'complete') console.log(`\n(${event.messageCount} messages)`)
    if (event.type === 'error') console.error(`\n${event.error.message}`)
  }
  process.stdout.write('> ')
}
lines.close()

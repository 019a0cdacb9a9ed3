/**
 * A chat in the terminal that remembers what was said: `npm run conversation`. The model is simulated, so it needs no key. An empty line
 * ends it.
 */

import { createInterface } from 'node:readline'
import { compatible } from 'sluice/compatible'
import { createConversation, lastMessages, memoryStore } from 'sluice/conversation'
import { simulatedProvider } from 'sluice/testing'

const { fetch } = simulatedProvider()
const baseURL = 'http://simulated.test/v1'
const conversation = createConversation({
  id: 'terminal',
  driver: compatible({ model: 'simulated', baseURL, apiKey: 'any', fetch }),
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

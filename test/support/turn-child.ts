/**
 * A process that takes one turn of a conversation in Redis, on the built package. It prints a line for each thing that happens, and the
 * model goes on with its answer when the process is told `finish`.
 */

import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { Driver } from 'sluice'
import { createConversation } from 'sluice/conversation'
import { redisStore } from 'sluice/redis'

interface Parameters {
  client: string
  port: number
  id: string
  text: string
  leaseMs: number
  onConflict: 'wait' | 'reject'
}

const { client, port, id, text, leaseMs, onConflict } = JSON.parse(
  process.argv[2] ?? '',
) as Parameters

const input = createInterface({ input: process.stdin })
const finish = new Promise<void>((resolve) => {
  input.once('line', () => resolve())
})

const driver: Driver = {
  provider: 'held',
  model: 'held',
  async *stream({ messages = [] }, { signal }) {
    yield { type: 'content', kind: 'text', index: 0, text: `${messages.length} before` }
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
    await Promise.race([finish, aborted])
    return { finishReason: 'stop', usage: {} }
  },
}

const ignore = (): void => {}
const connect = async () => {
  if (client === 'ioredis') return new Redis(port, '127.0.0.1').on('error', ignore)
  return createClient({ url: `redis://127.0.0.1:${port}` })
    .on('error', ignore)
    .connect()
}

const store = redisStore(await connect())
const conversation = createConversation({ id, store, driver, leaseMs, retry: false })
for await (const event of conversation.send(text, { onConflict })) {
  if (event.type === 'start') console.log('start')
  else if (event.type === 'content' && event.kind === 'text') console.log(`content ${event.text}`)
  else if (event.type === 'complete') console.log(`complete ${event.messageCount}`)
  else if (event.type === 'error') console.log(`error ${event.error.code}`)
}
process.exit(0)

/**
 * A process that publishes, follows and stops streams in Redis, on the built package. It takes one order a line, as JSON, and prints a
 * line for each thing that happens. It ends by itself when it is told `end` and nothing is left to do.
 */

import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { createStream, StreamError } from 'sluice'
import { redisLog } from 'sluice/redis'
import { createResumable } from 'sluice/resumable'
import { scripted } from 'sluice/testing'

interface Parameters {
  client: string
  port: number
  leaseMs: number
}

export type Order =
  /** Says as many numbers, one after the other; hangs after them where it is told to. */
  | { kind: 'publish'; id: string; count: number; everyMs: number; hangs?: boolean }
  | { kind: 'follow'; id: string; name: string; after?: number }
  | { kind: 'stop'; id: string }
  | { kind: 'end' }

const { client, port, leaseMs } = JSON.parse(process.argv[2] ?? '') as Parameters
const ignore = (): void => {}

async function connect() {
  if (client === 'ioredis') {
    const redis = new Redis(port, '127.0.0.1').on('error', ignore)
    return { redis, close: () => redis.disconnect() }
  }
  const redis = await createClient({ url: `redis://127.0.0.1:${port}` })
    .on('error', ignore)
    .connect()
  return { redis, close: () => redis.destroy() }
}

const { redis, close } = await connect()
const resumable = createResumable({ log: redisLog(redis), leaseMs })

async function publish({ id, count, everyMs, hangs }: Order & { kind: 'publish' }): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => [
    { waitMs: everyMs },
    `${index + 1} `,
  ]).flat()
  const driver = scripted(hangs ? [...numbers, { hang: true }] : numbers)
  const stream = createStream({ driver, prompt: 'p', retry: false, timeout: false })
  try {
    const { ended } = await resumable.publish(id, stream)
    console.log(`claim ${id} published`)
    const end = await ended
    console.log(`ended ${id} ${end.type === 'error' ? end.error.code : end.type}`)
  } catch (error) {
    console.log(`claim ${id} ${StreamError.from(error).code}`)
  }
}

async function follow({ id, name, after }: Order & { kind: 'follow' }): Promise<void> {
  const stream = await resumable.follow(id, after)
  if (stream === null) return console.log(`unknown ${name}`)
  for await (const event of stream) console.log(`event ${name} ${JSON.stringify(event)}`)
  console.log(`over ${name}`)
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as Order
  if (order.kind === 'publish') void publish(order)
  else if (order.kind === 'follow') void follow(order)
  else if (order.kind === 'stop') {
    void resumable.stop(order.id).then((isTold) => console.log(`stop ${order.id} ${isTold}`))
  } else {
    process.stdin.destroy()
    close()
  }
})
console.log('ready')

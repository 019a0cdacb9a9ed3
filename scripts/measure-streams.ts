/**
 * What resumable streams cost in Redis: `npm run build && npm exec -- node scripts/measure-streams.ts`. It takes about a minute and needs
 * `redis-server` in the path.
 *
 * One process produces as many streams as a row says, 20 events a second each; another one follows each of them once. Each event carries
 * the time when it was said, so the follower knows how long it took. CPU time is that of a window of five seconds, in percent of one
 * core; all processes share the machine.
 *
 * The second table is why followers are told by messages: the same traffic, without this package, once by one connection that subscribes
 * to a channel for each stream, and once by one connection that reads all streams in a loop (`XREAD BLOCK`).
 */

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { cpus } from 'node:os'
import { createClient } from 'redis'
import { createStream, type Driver } from 'sluice'
import { redisLog } from 'sluice/redis'
import { createResumable } from 'sluice/resumable'

const everyMs = 50
const windowMs = 5_000

interface Job {
  role: 'produce' | 'follow' | 'append' | 'subscribe' | 'read'
  port: number
  streams: number
}

interface Report {
  events: number
  cpuMs: number
  /** Of each event, in milliseconds. */
  delays: number[]
}

const now = (): number => performance.timeOrigin + performance.now()
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const connect = (port: number) => createClient({ url: `redis://127.0.0.1:${port}` }).connect()

if (process.send === undefined) await main()
else process.once('message', (job: Job) => void work(job))

// -------------------------------------------------------------- in a process of its own

async function work({ role, port, streams }: Job): Promise<void> {
  const redis = await connect(port)
  const ids = Array.from({ length: streams }, (_, index) => `stream-${index}`)
  let events = 0
  let delays: number[] = []
  const hear = (saidAt: string): void => {
    events++
    delays.push(now() - Number(saidAt))
  }

  if (role === 'produce') {
    const resumable = createResumable({ log: redisLog(redis) })
    const driver: Driver = {
      provider: 'measure',
      model: 'measure',
      async *stream() {
        // Not all at once.
        await pause(Math.random() * everyMs)
        for (;;) {
          events++
          yield { type: 'content', kind: 'text', index: 0, text: String(now()) }
          await pause(everyMs)
        }
      },
    }
    for (const id of ids) await resumable.publish(id, createStream({ driver, prompt: 'p' }))
  } else if (role === 'follow') {
    const resumable = createResumable({ log: redisLog(redis) })
    const follow = async (id: string): Promise<void> => {
      for await (const event of (await resumable.follow(id)) ?? []) {
        if (event.type === 'content' && event.kind === 'text') hear(event.text)
      }
    }
    for (const id of ids) void follow(id)
  } else if (role === 'append') {
    const sha = await redis.scriptLoad(
      "redis.call('XADD', KEYS[1], '0-' .. ARGV[1], 'e', ARGV[2]) redis.call('PUBLISH', KEYS[1], ARGV[2])",
    )
    for (const id of ids) {
      setTimeout(() => {
        let count = 0
        setInterval(() => {
          events++
          void redis.evalSha(sha, { keys: [id], arguments: [String(++count), String(now())] })
        }, everyMs)
      }, Math.random() * everyMs)
    }
  } else if (role === 'subscribe') {
    await redis.subscribe(ids, hear)
  } else {
    void readAll(ids, redis, hear)
  }

  process.send?.('ready')
  process.on('message', () => {
    events = 0
    delays = []
    const before = process.cpuUsage()
    setTimeout(() => {
      const { user, system } = process.cpuUsage(before)
      process.send?.({ events, delays, cpuMs: (user + system) / 1_000 } satisfies Report)
    }, windowMs)
  })
}

/** All streams by one connection, which names all of them again each time. */
async function readAll(
  ids: readonly string[],
  redis: Awaited<ReturnType<typeof connect>>,
  hear: (saidAt: string) => void,
): Promise<void> {
  const positions = new Map(ids.map((id) => [id, '0']))
  for (;;) {
    const reply = await redis.xRead(
      [...positions].map(([key, id]) => ({ key, id })),
      { BLOCK: 1_000 },
    )
    for (const { name, messages } of (reply ?? []) as StreamReply[]) {
      for (const { id, message } of messages) {
        positions.set(name, id)
        hear(message.e ?? '')
      }
    }
  }
}

interface StreamReply {
  name: string
  messages: { id: string; message: Record<string, string> }[]
}

// -------------------------------------------------------------- in the process that asks

async function main(): Promise<void> {
  console.log(`${cpus().length} cores, ${cpus()[0]?.model}, Node ${process.version}\n`)
  const head = 'streams | events/s | delay p50 | p99 | producer CPU | follower CPU | Redis CPU'
  console.log(`resumable streams | ${head}`)
  for (const streams of [100, 500, 1_000]) await row('', streams, 'produce', 'follow')
  console.log(`\nwithout this package | ${head}`)
  for (const streams of [100, 1_000]) {
    await row('channels', streams, 'append', 'subscribe')
    await row('blocked reads', streams, 'append', 'read')
  }
}

async function row(
  name: string,
  streams: number,
  producing: Job['role'],
  following: Job['role'],
): Promise<void> {
  const port = await freePort()
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--save', '']
  const server = spawn('redis-server', place, { stdio: 'ignore' })
  const children: ChildProcess[] = []
  try {
    await pause(500)
    const redis = await connect(port)
    const cpuOfRedis = async (): Promise<number> => {
      const info = await redis.info('cpu')
      const seconds = [...info.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].map((m) => Number(m[1]))
      return 1_000 * seconds.reduce((sum, each) => sum + each, 0)
    }
    const start = async (role: Job['role']): Promise<ChildProcess> => {
      const child = fork(new URL(import.meta.url))
      children.push(child)
      child.send({ role, port, streams } satisfies Job)
      await once(child, 'message')
      return child
    }
    // A channel can be subscribed before there is a stream, and a stream followed only after.
    const first = await start(following === 'follow' ? producing : following)
    const second = await start(following === 'follow' ? following : producing)
    const [producer, follower] = following === 'follow' ? [first, second] : [second, first]
    await pause(2_000)
    const before = await cpuOfRedis()
    const reports = [producer, follower].map((child) => once(child, 'message'))
    for (const child of [producer, follower]) child.send('measure')
    const [[said], [heard]] = (await Promise.all(reports)) as [[Report], [Report]]
    const redisMs = (await cpuOfRedis()) - before
    const percent = (ms: number): string => `${((100 * ms) / windowMs).toFixed(0)} %`
    const delays = heard.delays.toSorted((one, other) => one - other)
    const quantile = (part: number): string =>
      `${(delays[Math.floor(delays.length * part)] ?? Number.NaN).toFixed(1)} ms`
    const cells = [
      name,
      streams,
      ((1_000 * heard.events) / windowMs).toFixed(0),
      quantile(0.5),
      quantile(0.99),
      percent(said.cpuMs),
      percent(heard.cpuMs),
      percent(redisMs),
    ]
    console.log(cells.join(' | '))
    redis.destroy()
  } finally {
    for (const child of children) child.kill('SIGKILL')
    server.kill('SIGKILL')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

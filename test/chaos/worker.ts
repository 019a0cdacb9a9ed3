/**
 * A server of conversations whose answers survive it: what runs in each process.
 *
 *     POST /turns/<number>       sends the question of the turn
 *     GET /turns/<number>        the events of its answer, from Last-Event-ID on
 *     POST /turns/<number>/stop
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { StreamError, sse, tool } from 'sluice'
import { type ConversationStore, createConversation } from 'sluice/conversation'
import { pipeToNode } from 'sluice/node'
import { createResumable, type Resumable, type StreamLog } from 'sluice/resumable'
import type { Gate } from '../support/gate.ts'
import { maxRevivals } from './check.ts'
import type { Effects } from './effects.ts'
import { readHere } from './local-reader.ts'
import { modelOf, pause } from './model.ts'
import { type PlannedCall, type PlannedTurn, questionOf, streamOf } from './plan.ts'

export interface WorkerSettings {
  turns: readonly PlannedTurn[]
  store: ConversationStore
  log: StreamLog
  effects: Effects
  gate: Gate
  /** A number that no other process has. */
  pid: number
  leaseMs: number
}

export interface Worker {
  port: number
  /** Gives up what it produces, for others to continue. */
  handOver(): Promise<void>
  /** Ends its connections. */
  close(): void
}

/** The interval of the sweeps, in milliseconds. */
const sweepMs = 2_000

export async function startWorker(settings: WorkerSettings): Promise<Worker> {
  const { turns, effects, gate, pid, leaseMs } = settings
  const store = gate.guard(settings.store)
  const log = gate.guard(settings.log)
  const driver = modelOf(settings)
  const calls = new Map<string, PlannedCall>(
    turns.flatMap(({ steps }) =>
      steps.flatMap((step) => step.calls.map((call) => [call.id, call])),
    ),
  )
  const toolOf = (name: PlannedCall['name']) =>
    tool({
      parameters: { type: 'object' },
      once: name !== 'again',
      async run(_input: object, { id, key, signal }) {
        await gate.pass()
        effects.add({ kind: 'run', key, call: id, name, pid })
        await pause(calls.get(id)?.delayMs ?? 0, signal)
        await gate.pass()
        return `result of ${id}`
      },
    })
  const tools = { once: toolOf('once'), again: toolOf('again'), slow: toolOf('slow') }
  const conversationOf = ({ conversation: id }: PlannedTurn) =>
    createConversation({ id, store, driver, tools, leaseMs, retry: { minDelayMs: 10 } })
  const turnOf = (id: string): PlannedTurn => turns[Number(id.slice('turn-'.length))] as PlannedTurn
  const resumable: Resumable = createResumable({
    log,
    leaseMs,
    maxRevivals,
    revive: (id, left) => conversationOf(turnOf(id)).resume(left),
  })

  // Streams that nobody follows
  const sweeping = setInterval(() => void resumable.sweep().catch(() => {}), sweepMs)
  sweeping.unref()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, number = '', action] = /^\/turns\/(\d+)(\/stop)?$/.exec(request.url ?? '') ?? []
    const turn = turns[Number(number)]
    if (turn === undefined) return void response.writeHead(404).end()
    const id = streamOf(turn)
    if (request.method === 'POST') {
      if (action !== undefined) {
        return void response.end(JSON.stringify(await resumable.stop(id)))
      }
      const stream = conversationOf(turn).send(questionOf(turn), { key: id })
      await resumable.publish(id, stream)
      const [reader] = turn.readers
      if (reader !== undefined) {
        void readHere({ resumable, id, leavesAfter: reader.leavesAfter, effects, pid })
      }
      return void response.end()
    }
    const after = request.headers['last-event-id']
    const stream = await resumable.follow(id, Array.isArray(after) ? after[0] : after)
    if (stream === null) return void response.writeHead(404).end()
    if (stream.over) return void response.writeHead(204).end()
    await pipeToNode(stream, response, sse())
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const { code } = StreamError.from(error)
      if (!response.headersSent) response.writeHead(code === 'conflict' ? 409 : 503)
      response.end(code)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async handOver() {
      server.close()
      await resumable.handOver()
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

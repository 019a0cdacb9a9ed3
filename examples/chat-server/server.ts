/**
 * Starts the chat server on Node: `npm start`. Then http://localhost:8000 in a browser, or
 * `curl -N localhost:8000/openai/sse -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":"Hello"}]}'`, or what it
 * prints.
 *
 * PORT changes the port (8000), and HOST the address (127.0.0.1: only this machine reaches it).
 * OPENAI_API_KEY, ANTHROPIC_API_KEY and GEMINI_API_KEY make it call the real providers, at
 * OPENAI_BASE_URL, ANTHROPIC_BASE_URL and GEMINI_BASE_URL if these are set. OPENAI_API=responses uses
 * OpenAI's Responses API. CORS_ORIGINS names the origins whose pages may use it: any with simulated
 * providers, and those of localhost once there is a key. Conversations and answers are kept in the
 * folder DATA_DIR (.data in the checkout), in the Postgres at DATABASE_URL, or in the Redis at
 * REDIS_URL. Any number of these servers can share them, and continue the turns of one that died.
 */

import { createServer } from 'node:http'
import { createApp } from './app.ts'
import { openProviders } from './environment.ts'
import { createListener } from './listener.ts'
import { openMemory } from './memory.ts'
import { describeOrigins, readOrigins } from './origins.ts'
import { readPage } from './page-files.ts'
import { describeRoutes } from './routes.ts'
import { endOnSignals } from './shutdown.ts'
import { Turns } from './turns.ts'

const port = readPort(process.env.PORT)
const host = process.env.HOST || '127.0.0.1'
const opened = await Promise.all([openProviders(process.env), openMemory(process.env)]).catch(
  (error: Error) => exitWith(error.message),
)
const [{ providers, isSimulated }, memory] = opened
const turns = new Turns({ providers, memory })
const origins = originsOf(process.env.CORS_ORIGINS)
const page = await readPage()
const shutdown = new AbortController()
const app = createApp({
  providers,
  turns,
  origins,
  ...(page === undefined ? {} : { page }),
  signal: shutdown.signal,
})
// The whole request has to arrive within a minute. The response takes as long as it takes.
const limits = { requestTimeout: 60_000, headersTimeout: 20_000 }
const server = createServer(limits, createListener(app))

server.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EADDRINUSE') {
    exitWith(`Port ${port} is taken. Choose another one: PORT=${port + 1} npm start`)
  }
  if (error.code === 'EACCES') exitWith(`Port ${port} may not be used. Take one above 1023.`)
  exitWith(error.message)
})

server.listen(port, host, () => {
  const bound = server.address()
  const origin = `http://localhost:${typeof bound === 'object' && bound ? bound.port : port}`
  const summary = opened.map((each) => each.summary).join(' ')
  const reach = `It listens at ${host} (HOST). ${describeOrigins(origins)}`
  console.log(
    `${summary}\n\n${describeRoutes(origin)}\n\n${reach}\nListening on ${origin}. Ctrl+C ends it.`,
  )
})

// Turns of dead processes are continued without a reader, too.
const sweep = (): void => void turns.sweep().catch(report)
sweep()
const timer = setInterval(sweep, 5_000)

endOnSignals(server, {
  end: () => {
    clearInterval(timer)
    shutdown.abort(new Error('The server is shutting down.'))
  },
  handOver: () => turns.handOver(),
  close: () => Promise.all(opened.map((each) => each.close())),
})

function report(error: unknown): void {
  console.error(error)
}

function originsOf(text: string | undefined): ReturnType<typeof readOrigins> {
  try {
    return readOrigins(text, isSimulated)
  } catch (error) {
    return exitWith((error as Error).message)
  }
}

function readPort(text = '8000'): number {
  const number = Number(text || '8000')
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number
  return exitWith(`PORT is "${text}". Give a number from 0 to 65535.`)
}

function exitWith(message: string): never {
  console.error(message)
  process.exit(1)
}

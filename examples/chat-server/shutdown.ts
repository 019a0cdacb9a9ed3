/**
 * Ends a server on Ctrl+C and SIGTERM.
 */

import type { Server } from 'node:http'

export interface ShutdownSteps {
  /** Ends the streams that only this process has, and begins no others. */
  end: () => void
  /** Leaves the other streams to the next process. */
  handOver: () => Promise<void>
  /** Closes what is open, at the very end. */
  close: () => Promise<unknown>
}

/** The time for last events to arrive, in milliseconds. */
const graceMs = 100
/** After this time the process ends, whatever is left, in milliseconds. */
const limitMs = 5_000
/**
 * Ctrl+C in a terminal reaches the server twice, because npm passes it on to what it has started.
 * A person takes longer than this to press it again, in milliseconds.
 */
const echoMs = 500

export function endOnSignals(server: Server, steps: ShutdownSteps): void {
  let startedAt: number | undefined
  const onSignal = (): void => {
    if (startedAt === undefined) {
      startedAt = performance.now()
      setTimeout(() => process.exit(1), limitMs).unref()
      void stop(server, steps)
    } else if (performance.now() - startedAt > echoMs) process.exit(1)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}

async function stop(server: Server, { end, handOver, close }: ShutdownSteps): Promise<void> {
  const closed = new Promise((resolve) => {
    server.close(resolve)
  })
  end()
  await handOver()
  // Connections that are kept alive, text, and readers of what is handed over, who reconnect.
  setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  await close()
  // On a line of its own, after the ^C of a terminal
  console.log('\nEnded.')
  process.exit(0)
}

/**
 * One call of an MCP tool.
 *
 * @module
 */

import { longestDelayMs } from '../base/timers.js'
import { causesOf } from '../http/connection-error.js'
import { UncertainError } from '../loop/tool-error.js'
import type { McpCall, McpClient, McpProgress } from './client.js'

/**
 * Calls a tool. Yields its progress: only the latest, if more arrives than is read.
 *
 * @returns the result as the client has received it
 * @throws UncertainError if the server may have carried out the call although no answer arrived
 * @throws the error of the server or the client otherwise
 */
export async function* callTool(
  client: McpClient,
  call: McpCall,
  signal: AbortSignal,
): AsyncGenerator<McpProgress, unknown> {
  if ('transport' in client && client.transport === undefined) {
    throw new Error('The MCP client is not connected.')
  }
  let latest: McpProgress | undefined
  let isSettled = false
  let wake = (): void => {}
  const result = client.callTool(call, undefined, {
    signal,
    // The stream's own `timeout.toolMs` is the limit, not the client's 60 seconds.
    timeout: longestDelayMs,
    onprogress({ progress, total, message }) {
      latest = {
        progress,
        ...(total === undefined ? {} : { total }),
        ...(message === undefined ? {} : { message }),
      }
      wake()
    },
  })
  const settle = (): void => {
    isSettled = true
    wake()
  }
  result.then(settle, settle)
  for (;;) {
    if (latest === undefined && !isSettled) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (isSettled) break
    const progress = latest
    latest = undefined
    if (progress !== undefined) yield progress
  }
  try {
    return await result
  } catch (error) {
    throw isCertain(error) ? error : new UncertainError('The call got no answer.', { cause: error })
  }
}

/** `ErrorCode.ConnectionClosed` of the SDK. */
const connectionClosed = -32_000

/** Codes of connections that were never made. */
const notSent: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND']

/**
 * Whether an error shows that the call was not carried out, or what became of it: the server
 * answered with an error of the protocol or refused the request, or the request was never sent.
 */
function isCertain(error: unknown): boolean {
  const causes = causesOf(error)
  if (causes.some(({ code }) => notSent.includes(code))) return true
  const code = causes[0]?.code
  if (typeof code !== 'number') return false
  const isServerError = code >= 500 && code < 600
  // -1 is the SDK's code for a response that it cannot read.
  return code !== connectionClosed && code !== -1 && !isServerError
}

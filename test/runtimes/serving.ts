/**
 * What is checked from outside, of the runtimes that serve.
 */

import type { Provider } from './provider.ts'
import type { Results } from './runners/runtime.ts'

export const servingChecks = [
  'serves token by token',
  'a client that leaves closes upstream',
  'a client that leaves in a silence closes upstream',
] as const

export async function checkServing(serves: string, provider: Provider): Promise<Results> {
  const results: Results = {}
  for (const [index, check] of [tokenByToken, leaving, leavingInSilence].entries()) {
    const name = servingChecks[index] as string
    try {
      await check(serves, provider)
      results[name] = null
    } catch (error) {
      results[name] = error instanceof Error ? error.message : String(error)
    }
  }
  return results
}

function ask(serves: string, provider: Provider, fault?: string): { url: string; mark: string } {
  const mark = `s${Math.random().toString(36).slice(2)}`
  const query = new URLSearchParams({
    provider: provider.url,
    mark,
    ...(fault === undefined ? {} : { fault }),
  })
  return { url: `${serves}?${query}`, mark }
}

/** The client has the first token while the provider still has some to send. */
async function tokenByToken(serves: string, provider: Provider): Promise<void> {
  const { url, mark } = ask(serves, provider)
  const response = await fetch(url)
  let text = ''
  let sentAtFirst: number | undefined
  for await (const piece of (response.body as ReadableStream<Uint8Array>).pipeThrough(
    new TextDecoderStream() as never,
  )) {
    text += String(piece)
    if (text.includes('event: content')) sentAtFirst ??= provider.seen(mark).sent
  }
  if (!text.includes('event: complete'))
    throw new Error(`there is no complete event: ${text.slice(-300)}`)
  const { sent } = provider.seen(mark)
  if (sentAtFirst === undefined || sentAtFirst > sent / 2) {
    throw new Error(`the first token came when ${sentAtFirst} of ${sent} events had been sent`)
  }
}

/** How many events the provider sends before it says nothing more. */
const stallsAfter = 10

function leaving(serves: string, provider: Provider): Promise<void> {
  return leaveOnce((text) => text.includes('event: content'), serves, provider)
}

function leavingInSilence(serves: string, provider: Provider): Promise<void> {
  return leaveOnce((_text, sent) => sent === stallsAfter, serves, provider)
}

async function leaveOnce(
  isTime: (text: string, sent: number) => boolean,
  serves: string,
  provider: Provider,
): Promise<void> {
  const { url, mark } = ask(serves, provider, `stall=${stallsAfter}`)
  const leave = new AbortController()
  const response = await fetch(url, { signal: leave.signal })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  for (let text = ''; !isTime(text, provider.seen(mark).sent); ) {
    const { done, value } = await reader.read()
    if (done) throw new Error('the response ended early')
    text += decoder.decode(value, { stream: true })
  }
  const leftAt = Date.now()
  leave.abort()
  while (provider.seen(mark).closed === null) {
    if (Date.now() - leftAt > 3_000) throw new Error('the provider was still being read after 3 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const lateMs = (provider.seen(mark).closedAt ?? 0) - leftAt
  if (lateMs > 1_000) throw new Error(`the provider noticed it ${lateMs} ms late`)
}

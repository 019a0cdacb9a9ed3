/** What provider, gateway and clients know in common. */

/** In milliseconds; the same in all processes of a machine. */
export function now(): string {
  return (performance.timeOrigin + performance.now()).toFixed(2)
}

const head = {
  id: 'chatcmpl-CdPq3vK9TtYxR2hWnLz8aMsEoJb1U',
  object: 'chat.completion.chunk',
  created: 1_764_000_000,
  model: 'gpt-5.5-2026-08-07',
  service_tier: 'default',
  system_fingerprint: 'fp_44709d6fcb',
}

/** An event as OpenAI sends it. */
export function chunkOf(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
  return `data: ${JSON.stringify({ ...head, choices, usage: null, obfuscation: 'k3Jx9Qa' })}\n\n`
}

/** What the gateway answers when it is asked how it is. */
export interface Health {
  /** Microseconds of CPU time so far. */
  cpu: number
  /** After a collection. */
  heapBytes: number
  rssBytes: number
}

/** What the clients saw. */
export interface Seen {
  /** How many answers were whole. */
  complete: number
  tokens: number
  firstTokenMs: { p50: number; p99: number }
  /** From the provider's write to the client's read. */
  latencyMs: { p50: number; p99: number }
}

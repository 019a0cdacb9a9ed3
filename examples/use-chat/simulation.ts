/**
 * What the model does where it is simulated.
 */

import type { SimulatedProviderOptions } from 'sluice/testing'

interface Sent {
  role: string
  content: string
}

let broken = 0

export const simulation: SimulatedProviderOptions = {
  paceMs: 40,
  answer: ({ body }) => {
    const { role, content } = (body as { messages: Sent[] }).messages.at(-1) as Sent
    const reasoning = 'They said something, and I say that I have read it.'
    if (role === 'tool') return `It is ${content}.`
    if (/\btime\b/i.test(content)) return { toolCalls: [{ name: 'clock', input: {} }] }
    if (/\bfail\b/i.test(content)) return { fault: { kind: 'status', status: 400 } }
    if (/\bbreak off\b/i.test(content) && broken++ % 2 === 0) {
      return { reasoning, fault: { kind: 'cut', afterEvents: 20 } }
    }
    return { reasoning }
  },
}

/**
 * The load: readers that ask one question after the other, and check each answer.
 */

import { Accumulator, connect } from 'sluice/client'

export interface Answer {
  /** Why it is lost. */
  loss?: string
  /** The number of `retry` events. */
  retries: number
  reconnections: number
  /** The longest wait for an event, in milliseconds. */
  silenceMs: number
}

/** @param isOver - no more questions */
export async function read(url: string, isOver: () => boolean): Promise<Answer[]> {
  const answers: Answer[] = []
  const conversation = crypto.randomUUID()
  // A browser of its own.
  const headers = { cookie: `browser=${crypto.randomUUID()}` }
  while (!isOver()) {
    const key = `${conversation}.${answers.length + 1}`
    answers.push(await ask(`${url}/api/conversations/${conversation}/messages`, key, headers))
  }
  return answers
}

/** The simulated model calls the tool that the question names, and then speaks of its result. */
const message = 'How is the weather?'
const whole = /^Olá![^]*"rain, 7 °C"[^]*Voilà, déjà fini! 🌊$/

const maxRequests = 3

async function ask(url: string, key: string, headers: Record<string, string>): Promise<Answer> {
  const answer: Answer = { retries: 0, reconnections: 0, silenceMs: 0 }
  let at = performance.now()
  const onReconnect = (): void => {
    answer.reconnections++
  }
  // With its key, a request that was lost can be sent again: the turn runs once.
  for (let request = 1; request <= maxRequests; request++) {
    const shown = new Accumulator()
    delete answer.loss
    for await (const event of connect(url, { json: { key, message }, headers, onReconnect })) {
      const now = performance.now()
      answer.silenceMs = Math.max(answer.silenceMs, now - at)
      at = now
      if (event.type === 'content') shown.add(event)
      if (event.type === 'retry') {
        answer.retries++
        if (event.mode === 'restart') shown.reset(event.from)
      }
      if (event.type === 'error') answer.loss = `${event.error.code}: ${event.error.message}`
      if (event.type !== 'complete') continue
      const isWhole = event.text === shown.text() && whole.test(event.text)
      if (!isWhole) answer.loss = `The reader has "${shown.text()}" of "${event.text}".`
      return answer
    }
  }
  return answer
}

import type { Driver } from '../../src/base/driver.js'
import type { Message } from '../../src/base/messages.js'
import { type Script, scripted } from '../../src/entries/testing.js'

/** Answers each request with the texts of all that it was sent, and remembers the requests. */
export function echo(): Driver & { readonly asked: Message[][] } {
  const asked: Message[][] = []
  return {
    provider: 'echo',
    model: 'echo',
    asked,
    stream(request, context) {
      const messages = [...(request.messages ?? [])]
      asked.push(messages)
      return scripted([messages.map(textOf).join(' / ')]).stream(request, context)
    },
  }
}

/** A driver that plays one script after the other, one for each request. */
export function scripts(...list: Script[]): Driver {
  let next = 0
  return {
    provider: 'scripts',
    model: 'scripts',
    stream: (request, context) => scripted(list[next++] ?? ['']).stream(request, context),
  }
}

/** A driver whose answer begins with this text and then waits until it is told to go on. */
export function held(text: string): {
  driver: Driver
  /** How many requests have come, and how many of them were given up. */
  readonly begun: () => number
  readonly aborted: () => number
  finish(): void
} {
  const { promise, resolve } = Promise.withResolvers<void>()
  let begun = 0
  let aborted = 0
  const driver: Driver = {
    provider: 'held',
    model: 'held',
    async *stream(_request, { signal }) {
      begun++
      const gone = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted++
          reject(signal.reason as Error)
        })
      })
      gone.catch(() => {})
      yield { type: 'content', kind: 'text', index: 0, text }
      await Promise.race([promise, gone])
      return { finishReason: 'stop', usage: {} }
    },
  }
  return { driver, begun: () => begun, aborted: () => aborted, finish: resolve }
}

export function textOf({ content }: Message): string {
  if (typeof content === 'string') return content
  return content.map((part) => ('text' in part ? part.text : part.type)).join('+')
}

/** A conversation as one line for each message: `user Hello`. */
export function lines(messages: readonly Message[]): string[] {
  return messages.map((message) => `${message.role} ${textOf(message)}`)
}

import {
  createStream,
  type Driver,
  type EventStream,
  type StreamEvent,
} from '../../src/entries/index.js'
import type { FollowedStream, Resumable, StreamLog } from '../../src/entries/resumable.js'
import { collect } from '../support/collect.js'

/** A stream that the test controls. */
export class Speaker {
  readonly stream: EventStream
  /** Resolves when the attempt has been closed. */
  readonly aborted: Promise<void>
  /** The number of pieces that have been read. */
  taken = 0
  asked = 0
  readonly #queue: (string | string[] | Error | null)[] = []
  #wake = (): void => {}

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.aborted = promise
    const speak = this.#speak.bind(this)
    const driver: Driver = {
      provider: 'speaker',
      model: 'm',
      stream: (_request, { signal }) => {
        this.asked++
        signal.addEventListener('abort', () => {
          resolve()
          this.#wake()
        })
        return speak(signal)
      },
    }
    this.stream = createStream({ driver, prompt: 'p', retry: false, timeout: false })
  }

  /** A list is one network chunk. */
  say(...pieces: (string | string[] | Error)[]): void {
    this.#queue.push(...pieces)
    this.#wake()
  }

  end(): void {
    this.#queue.push(null)
    this.#wake()
  }

  async *#speak(signal: AbortSignal): ReturnType<Driver['stream']> {
    for (;;) {
      while (this.#queue.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
      if (signal.aborted) throw new Error('aborted')
      const piece = this.#queue.shift()
      if (piece === null || piece === undefined) return { finishReason: 'stop', usage: {} }
      if (piece instanceof Error) throw piece
      this.taken++
      const texts = Array.isArray(piece) ? piece : [piece]
      yield texts.map((text) => ({ type: 'content', kind: 'text', index: 0, text }) as const)
    }
  }
}

/** A log with faults that the test injects. */
export type LogMethod = keyof StreamLog

export class Meddler {
  readonly log: StreamLog
  readonly calls: LogMethod[] = []
  /** Runs before a call. It may wait or throw. */
  before: (method: LogMethod) => Promise<void> | void = () => {}
  /** Runs after a call. It may throw, as if the response were lost. */
  after: (method: LogMethod) => Promise<void> | void = () => {}

  constructor(log: StreamLog) {
    const meddle =
      <Args extends unknown[], Result>(
        method: LogMethod,
        call: (...args: Args) => Promise<Result>,
      ) =>
      async (...args: Args): Promise<Result> => {
        this.calls.push(method)
        await this.before(method)
        const result = await call(...args)
        await this.after(method)
        return result
      }
    this.log = {
      create: meddle('create', log.create.bind(log)),
      append: meddle('append', log.append.bind(log)),
      renew: meddle('renew', log.renew.bind(log)),
      claim: meddle('claim', log.claim.bind(log)),
      release: meddle('release', log.release.bind(log)),
      read: meddle('read', log.read.bind(log)),
      seal: meddle('seal', log.seal.bind(log)),
      stop: meddle('stop', log.stop.bind(log)),
      subscribe: meddle('subscribe', log.subscribe.bind(log)),
      onStop: meddle('onStop', log.onStop.bind(log)),
    }
  }

  count(method: LogMethod): number {
    return this.calls.filter((call) => call === method).length
  }
}

/** Follows a stream that must exist. */
export async function follow(
  resumable: Resumable,
  id: string,
  lastEventId?: string | number,
): Promise<FollowedStream> {
  const stream = await resumable.follow(id, lastEventId)
  if (stream === null) throw new Error(`There is no stream "${id}".`)
  return stream
}

export async function readRest(
  resumable: Resumable,
  id: string,
  lastEventId?: string | number,
): Promise<StreamEvent[]> {
  return collect(await follow(resumable, id, lastEventId))
}

/** Reads the given number of events. */
export async function take(
  stream: AsyncIterable<StreamEvent>,
  count: number,
): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of stream) {
    events.push(event)
    if (events.length === count) break
  }
  return events
}

export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endsAt = performance.now() + 8_000
  while (!(await isSo())) {
    if (performance.now() > endsAt) throw new Error(`It did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

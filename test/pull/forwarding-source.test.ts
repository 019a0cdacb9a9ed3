import { expect, test } from 'vitest'
import { StreamError } from '../../src/base/errors.js'
import type { ContentEvent, RetryEvent } from '../../src/base/events.js'
import { ForwardingSource } from '../../src/pull/forwarding-source.js'
import { PromisedSource } from '../../src/pull/promised-source.js'
import type { Sink, Source } from '../../src/pull/source.js'

const content: ContentEvent = { type: 'content', index: 0, kind: 'text', text: 'a' }
const error = new StreamError('network', 'Connection lost.')
const completion = { finishReason: 'stop', usage: { outputTokens: 1 } } as const
const retry: RetryEvent = {
  type: 'retry',
  attempt: 2,
  maxAttempts: 3,
  delayMs: 0,
  mode: 'restart',
  provider: 'p',
  model: 'm',
  error,
}
const resumption = { open: () => new ScriptedSource([]), cancel() {} }

class ScriptedSource implements Source {
  closed = false
  pulls = 0
  sink: Sink | undefined
  readonly #answers: ((sink: Sink) => void)[]

  constructor(answers: readonly ((sink: Sink) => void)[]) {
    this.#answers = [...answers]
  }

  pull(sink: Sink): void {
    this.pulls++
    this.sink = sink
    this.#answers.shift()?.(sink)
  }

  close(): void {
    this.closed = true
  }

  finished(): typeof completion {
    return completion
  }

  usage(): { outputTokens: number } {
    return { outputTokens: 7 }
  }

  resumption(): typeof resumption {
    return resumption
  }
}

class PlainLayer extends ForwardingSource {}

/** Answers by itself, as a layer with a timer does. */
class TimedLayer extends ForwardingSource {
  stopped = 0

  fire(): void {
    this.fail(error)
  }

  protected override stopTimers(): void {
    this.stopped++
  }
}

function record(): Sink & { answers: unknown[] } {
  const answers: unknown[] = []
  return {
    answers,
    batch: (events) => answers.push(events),
    retry: (event) => answers.push(event),
    done: (value) => answers.push(value),
    fail: (thrown) => answers.push(thrown),
  }
}

test('a layer that overrides nothing forwards every answer, unchanged', () => {
  const batch = [content]
  const layer = new PlainLayer(
    new ScriptedSource([
      (sink) => sink.batch(batch),
      (sink) => sink.retry(retry),
      (sink) => sink.done(completion),
      (sink) => sink.fail(error),
    ]),
  )
  const sink = record()
  for (let pull = 0; pull < 4; pull++) layer.pull(sink)
  expect(sink.answers).toHaveLength(4)
  for (const [position, answer] of [batch, retry, completion, error].entries()) {
    expect(sink.answers[position]).toBe(answer)
  }
})

test('a layer that overrides nothing forwards close, finished, usage and resumption', () => {
  const upstream = new ScriptedSource([])
  const layer = new PlainLayer(upstream)
  expect(layer.finished()).toBe(completion)
  expect(layer.usage()).toEqual({ outputTokens: 7 })
  expect(layer.resumption()).toBe(resumption)
  layer.close()
  expect(upstream.closed).toBe(true)
})

test('a layer without an upstream is empty', () => {
  const layer = new PlainLayer()
  expect(layer.finished()).toBeUndefined()
  expect(layer.usage()).toEqual({})
  expect(layer.resumption()).toBeUndefined()
  layer.close()
})

test('an answer without a pending pull is kept for the next one, which does not reach the upstream', () => {
  const upstream = new ScriptedSource([(sink) => sink.batch([content])])
  const layer = new TimedLayer(upstream)
  const sink = record()
  layer.pull(sink)
  layer.fire()
  expect(sink.answers).toEqual([[content]])
  layer.pull(sink)
  expect(sink.answers).toEqual([[content], error])
  expect(upstream.pulls).toBe(1)
})

test('answers without a pending pull keep their order', () => {
  const upstream = new ScriptedSource([])
  const layer = new TimedLayer(upstream)
  layer.batch([content])
  layer.retry(retry)
  layer.done(completion)
  const sink = record()
  for (let pull = 0; pull < 3; pull++) layer.pull(sink)
  expect(sink.answers).toEqual([[content], retry, completion])
  expect(upstream.pulls).toBe(0)
})

test('timers are stopped when a source completes, fails or is closed', () => {
  for (const end of ['done', 'fail', 'close'] as const) {
    const layer = new TimedLayer(new ScriptedSource([]))
    layer.pull(record())
    expect(layer.stopped).toBe(0)
    if (end === 'done') layer.done(completion)
    else if (end === 'fail') layer.fail(error)
    else layer.close()
    expect(layer.stopped).toBe(1)
  }
})

test('a promised source is opened by the first pull and forwards from then on', async () => {
  const upstream = new ScriptedSource([
    (sink) => sink.batch([content]),
    (sink) => sink.done(completion),
  ])
  let opened = 0
  const source = new PromisedSource(async () => {
    opened++
    return upstream
  })
  expect(opened).toBe(0)
  const sink = record()
  source.pull(sink)
  await Promise.resolve().then(() => {})
  source.pull(sink)
  expect(sink.answers).toEqual([[content], completion])
  expect(opened).toBe(1)
})

test('a promised source that is closed before it opens aborts its signal and pulls nothing', async () => {
  const upstream = new ScriptedSource([(sink) => sink.batch([content])])
  const opening = Promise.withResolvers<Source>()
  let given: AbortSignal | undefined
  const source = new PromisedSource((signal) => {
    given = signal
    return opening.promise
  })
  const sink = record()
  source.pull(sink)
  source.close()
  opening.resolve(upstream)
  await opening.promise
  await Promise.resolve()
  expect(given?.aborted).toBe(true)
  expect(upstream.pulls).toBe(0)
  expect(sink.answers).toEqual([])
})

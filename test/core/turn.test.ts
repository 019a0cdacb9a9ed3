import { expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { StreamError } from '../../src/base/errors.js'
import type { TerminalEvent } from '../../src/base/events.js'
import type { StreamRequest } from '../../src/base/request.js'
import { openStream } from '../../src/core/create-stream.js'
import type { Turn, TurnStream } from '../../src/core/turn.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'

const interrupted = new StreamError('interrupted', 'The wire ended.')

class Recorder implements Turn {
  readonly calls: string[] = []
  readonly begun = Promise.resolve(true)
  stream: TurnStream | undefined
  /** What `end` waits for. */
  readonly ending = Promise.withResolvers<void>()
  readonly beginning = Promise.withResolvers<void>()

  async begin(request: StreamRequest, stream: TurnStream, signal: AbortSignal) {
    this.calls.push('begin')
    this.stream = stream
    signal.addEventListener('abort', () => {
      this.calls.push('aborted')
      this.beginning.reject(new Error('too late'))
    })
    await this.beginning.promise
    return { ...request, messages: [{ role: 'user' as const, content: 'prepared' }] }
  }

  async end(end: TerminalEvent): Promise<TerminalEvent> {
    this.calls.push(`end ${end.type}`)
    await this.ending.promise
    return end.type === 'complete' ? { ...end, text: `${end.text}!` } : end
  }
}

function turnOf(driver: Driver) {
  const turn = new Recorder()
  return { turn, stream: openStream({ driver, prompt: 'Hello?', retry: false }, turn) }
}

test('a turn provides the request to the model', async () => {
  const driver = scripted(['a'])
  const asked = vi.spyOn(driver, 'stream')
  const { turn, stream } = turnOf(driver)
  turn.ending.resolve()
  const events = collect(stream)
  await expect.poll(() => turn.calls).toEqual(['begin'])
  expect(asked).not.toHaveBeenCalled()
  turn.beginning.resolve()
  expect(outline(await events)).toEqual(['start', 'text a', 'complete a!'])
  expect(asked.mock.calls[0]?.[0].messages).toEqual([{ role: 'user', content: 'prepared' }])
})

test('a turn does not begin before the first pull, nor for the start alone', async () => {
  const { turn, stream } = turnOf(scripted(['a']))
  const iterator = stream[Symbol.asyncIterator]()
  await iterator.next()
  await iterator.return?.()
  expect(turn.calls).toEqual([])
})

test('iteration, text() and final() receive the end after the turn has ended', async () => {
  const { turn, stream } = turnOf(scripted(['a']))
  turn.beginning.resolve()
  let told = false
  const final = stream.final().then(() => (told = true))
  await expect.poll(() => turn.calls).toEqual(['begin', 'end complete'])
  await new Promise((resolve) => setImmediate(resolve))
  expect(told).toBe(false)
  turn.ending.resolve()
  await final
  expect(await stream.text()).toBe('a!')
})

test('an abort has no effect once the answer is complete', async () => {
  const { turn, stream } = turnOf(scripted(['a']))
  turn.beginning.resolve()
  const events = collect(stream)
  await expect.poll(() => turn.calls).toEqual(['begin', 'end complete'])
  stream.cancel()
  turn.ending.resolve()
  expect(outline(await events)).toEqual(['start', 'text a', 'complete a!'])
  expect(turn.calls).toEqual(['begin', 'end complete'])
})

test('a failure ends the turn once, before the error is emitted', async () => {
  const { turn, stream } = turnOf(scripted(['a', interrupted]))
  turn.beginning.resolve()
  const events = collect(stream)
  await expect.poll(() => turn.calls).toEqual(['begin', 'end error'])
  turn.ending.resolve()
  expect(outline(await events)).toEqual(['start', 'text a', 'error interrupted'])
})

test('a turn that fails to begin ends the stream with an error', async () => {
  const { turn, stream } = turnOf(scripted(['a']))
  turn.beginning.reject(new StreamError('conflict', 'Taken.'))
  turn.ending.resolve()
  expect(outline(await collect(stream))).toEqual(['start', 'error conflict'])
})

test('a cancel while the turn begins aborts it and emits the error', async () => {
  const driver = scripted(['a'])
  const asked = vi.spyOn(driver, 'stream')
  const { turn, stream } = turnOf(driver)
  turn.ending.resolve()
  const events = collect(stream)
  await expect.poll(() => turn.calls).toEqual(['begin'])
  stream.cancel()
  expect(outline(await events)).toEqual(['start', 'error aborted'])
  expect(turn.calls).toEqual(['begin', 'aborted', 'end error'])
  expect(asked).not.toHaveBeenCalled()
})

test('a break waits for the turn to end', async () => {
  const { turn, stream } = turnOf(scripted(['a', { hang: true }]))
  turn.beginning.resolve()
  let left = false
  const loop = (async () => {
    for await (const event of stream) if (event.type === 'content') break
    left = true
  })()
  await expect.poll(() => turn.calls).toEqual(['begin', 'aborted', 'end error'])
  expect(left).toBe(false)
  turn.ending.resolve()
  await loop
})

test('a turn can end its stream with an error of its own', async () => {
  const { turn, stream } = turnOf(scripted(['a', { hang: true }]))
  turn.beginning.resolve()
  turn.ending.resolve()
  const events = collect(stream)
  await expect.poll(() => turn.stream?.length).toBe(1)
  expect(turn.stream?.waiting).toBe(true)
  turn.stream?.stop(new StreamError('conflict', 'Lost.'))
  expect(outline(await events)).toEqual(['start', 'text a', 'error conflict'])
})

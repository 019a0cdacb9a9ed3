/**
 * What not every driver can do, as chapters of the contract suite.
 *
 * @module
 */

import { Accumulator } from '../../base/accumulator.js'
import { func, type Rules } from '../../base/check-options.js'
import type { ProviderContent } from '../../base/content-kinds.js'
import type { Completion, Driver } from '../../base/driver.js'
import type { AssistantMessage, Message } from '../../base/messages.js'
import type { StreamRequest } from '../../base/request.js'
import { Attempt } from './driver-attempt.js'
import { check, checkEvents, checkText, show, textOf } from './driver-checks.js'
import type {
  BlockScenario,
  DetailsScenario,
  ImagesScenario,
  OptionsScenario,
  PauseScenario,
} from './driver-scenario.js'

/** A driver, and what its provider receives. */
export interface WatchedDriver {
  driver: Driver
  /** The bodies of the requests so far as JSON values, oldest first. */
  requests: () => readonly unknown[]
}

/** A driver whose provider sends a block of its own. */
export interface BlockDriver extends WatchedDriver {
  /** The `data` of the block once it is whole. */
  block: unknown
  /**
   * Whether the provider sends such a block all at once, so that there is nothing to show early.
   *
   * @default false
   */
  atOnce?: boolean
}

type Setup<Scenario, Watched> = (scenario: Scenario) => Watched | Promise<Watched>

/**
 * Further tests of a driver. Each function creates a driver whose provider behaves as in the
 * scenario.
 */
export interface DriverChapters {
  /** A block of the provider's own is shown early, is kept whole, and goes back to its maker only. */
  block?: Setup<BlockScenario, BlockDriver>
  /** An answer that pauses is continued. */
  pause?: Setup<PauseScenario, WatchedDriver>
  /** The completion has the usage as it was sent, the request id and the rate limits. */
  details?: Setup<DetailsScenario, { driver: Driver }>
  /** `providerOptions` of the request reach the body. */
  options?: Setup<OptionsScenario, WatchedDriver>
  /** Images in the result of a tool reach the body. */
  images?: Setup<ImagesScenario, WatchedDriver>
}

export const chapterRules: Rules<DriverChapters> = {
  block: func,
  pause: func,
  details: func,
  options: func,
  images: func,
}

type It = (sentence: string, run: () => Promise<void>) => void

const text = 'Grüße! 🌊'
const question: Message = { role: 'user', content: 'Hello' }

/** Registers the tests of the chapters that are there. */
export function testChapters(chapters: DriverChapters, it: It, deadlineMs: number): void {
  const { block, pause, details, options, images } = chapters
  const ask = async (
    driver: Driver,
    request: StreamRequest,
  ): Promise<{ attempt: Attempt; completion: Completion }> => {
    const attempt = new Attempt(driver, deadlineMs, request)
    const completion = await attempt.readToEnd()
    checkEvents(attempt.events)
    return { attempt, completion }
  }

  if (block) {
    it("shows a block of the provider's own early and keeps it whole", async () => {
      const setup = await block({ kind: 'block', text })
      const { attempt } = await ask(setup.driver, { messages: [question] })
      checkText(textOf(attempt.events), text)
      checkBlock(attempt, setup)
    })

    it("returns the provider's own block unchanged, and no block of another", async () => {
      const setup = await block({ kind: 'block', text })
      const { driver } = setup
      const { attempt } = await ask(driver, { messages: [question] })
      const answer = messageOf(attempt)
      await ask(driver, { messages: [question, answer, question] })
      const own = JSON.stringify(setup.block)
      const sent = bodyOf(setup, 1)
      check(sent.includes(own), `the second request must hold ${own}, but it is ${sent}`)
      const foreign = changed(answer, { origin: 'another-wire/another-maker' })
      await ask(driver, { messages: [question, foreign, question] })
      checkWithout(setup, 2, own, 'a block of another maker')
      await ask(driver, { messages: [question, changed(answer, { partial: true }), question] })
      checkWithout(setup, 3, own, 'a block that never came whole')
    })
  }

  if (pause) {
    it('pauses, and continues an answer that is sent back', async () => {
      const rest = 'and so on'
      const setup = await pause({ kind: 'pause', text, rest })
      const { attempt, completion } = await ask(setup.driver, { messages: [question] })
      const { finishReason } = completion
      check(finishReason === 'pause', `finishReason must be "pause", but it is "${finishReason}"`)
      const next = await ask(setup.driver, { messages: [question, messageOf(attempt)] })
      const sent = bodyOf(setup, 1)
      check(sent.includes(text), `the second request must hold the answer, but it is ${sent}`)
      checkText(textOf(next.attempt.events), rest)
    })
  }

  if (details) {
    it('returns the usage as it was sent, the request id and the rate limits', async () => {
      const rawUsage = { surcharge: 7 }
      const headers = {
        'x-request-id': 'req_contract',
        'x-ratelimit-remaining-requests': '41',
      }
      const { driver } = await details({ kind: 'details', text, headers, rawUsage })
      const { completion } = await ask(driver, { messages: [question] })
      const { raw, response } = completion
      const usage = show(raw?.usage)
      check(usage.includes('"surcharge":7'), `raw.usage must hold ${show(rawUsage)}: ${usage}`)
      const isNamed = response?.requestId === headers['x-request-id']
      check(isNamed, `response.requestId must be "req_contract": ${show(response)}`)
      const left = response?.headers?.['x-ratelimit-remaining-requests']
      check(left === '41', `response.headers must hold the rate limits: ${show(response)}`)
    })
  }

  if (options) {
    it('sends its own providerOptions and no others', async () => {
      const setup = await options({ kind: 'options', text })
      const providerOptions = {
        [setup.driver.provider]: { contract_option: { on: true } },
        'another-provider': { another_option: true },
      }
      await ask(setup.driver, { messages: [question], providerOptions })
      const sent = bodyOf(setup, 0)
      const own = '"contract_option":{"on":true}'
      check(sent.includes(own), `the request must hold ${own}, but it is ${sent}`)
      checkWithout(setup, 0, 'another_option', 'the option of another provider')
    })
  }

  if (images) {
    it('sends images in the result of a tool', async () => {
      const setup = await images({ kind: 'images', text })
      await ask(setup.driver, { messages: [question, ...screenshot] })
      const sent = bodyOf(setup, 0)
      for (const part of [output, pixel]) {
        check(sent.includes(part), `the request must hold ${part}, but it is ${sent}`)
      }
    })
  }
}

const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const output = 'the screen at noon'
const screenshot: Message[] = [
  { role: 'assistant', content: [{ type: 'tool-call', id: 'c1', name: 'look', input: {} }] },
  {
    role: 'tool',
    content: [
      {
        type: 'tool-result',
        id: 'c1',
        name: 'look',
        output,
        content: [{ type: 'image', data: pixel, mediaType: 'image/png' }],
      },
    ],
  },
]

/** The answer as a stream would return it. */
function messageOf({ events }: Attempt): AssistantMessage {
  const accumulator = new Accumulator()
  for (const event of events) accumulator.add(event)
  return accumulator.message(false)
}

function checkBlock({ events }: Attempt, { block, atOnce = false }: BlockDriver): void {
  const shown = events.filter((event): event is ProviderContent => {
    return event.type === 'content' && event.kind === 'provider'
  })
  const last = new Map(shown.map((event) => [event.index, event]))
  for (const event of last.values()) {
    check(!event.partial, `the block must be whole at the end: ${show(event)}`)
  }
  const own = [...last.values()].find(({ data }) => show(data) === show(block))
  check(own !== undefined, `there must be provider content with ${show(block)}: ${show(shown)}`)
  const early = shown.filter(({ index }) => index === own.index).slice(0, -1)
  const isPartial = early.every(({ partial }) => partial === true)
  check(isPartial, `what is shown before the whole block has partial: true: ${show(shown)}`)
  check(atOnce || early.length > 0, 'the block must be shown with partial: true when it begins')
}

/** The message with these fields in each block of the provider. */
function changed(message: AssistantMessage, fields: object): AssistantMessage {
  const parts = typeof message.content === 'string' ? [] : message.content
  const content = parts.map((part) => (part.type === 'provider' ? { ...part, ...fields } : part))
  return { role: 'assistant', content }
}

function bodyOf({ requests }: WatchedDriver, position: number): string {
  const all = requests()
  check(all.length > position, `there must be ${position + 1} requests, not ${all.length}`)
  return show(all[position])
}

function checkWithout(
  watched: WatchedDriver,
  position: number,
  foreign: string,
  what: string,
): void {
  const sent = bodyOf(watched, position)
  check(!sent.includes(foreign), `${what} must not be sent, but the request is ${sent}`)
}

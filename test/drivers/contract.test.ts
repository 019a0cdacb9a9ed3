/**
 * Every driver keeps the contract of a driver, against the simulated provider over a real socket.
 */

import { afterAll, describe, test } from 'vitest'
import {
  type Answer,
  type DriverChapters,
  type DriverScenario,
  type SimulatedServer,
  type SimulatedWireName,
  simulatedProvider,
  testDriver,
  type WatchedDriver,
} from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'

const servers: SimulatedServer[] = []
afterAll(() => Promise.all(servers.map((server) => server.close())))

/** @param eventsBefore - how many events of the wire come before the first token */
function answerTo(scenario: DriverScenario, eventsBefore: number): Answer {
  if (scenario.kind === 'answer') return scenario.text
  if (scenario.kind === 'refused') return { fault: { kind: 'status', status: scenario.status } }
  const { text } = scenario
  const kind = scenario.kind === 'in-band-error' ? 'error' : scenario.kind
  const afterEvents = eventsBefore + (text.match(/\s*\S+/g)?.length ?? 0)
  return { text: `${text} more more`, fault: { kind, afterEvents } }
}

/** Serves answers, and returns the address and the bodies of the requests. */
async function serve(
  answer: Answer | readonly Answer[],
): Promise<{ url: string; requests: () => unknown[] }> {
  const provider = simulatedProvider({ paceMs: 1, answer })
  const server = await provider.listen()
  servers.push(server)
  return { url: server.url, requests: () => provider.requests.map(({ body }) => body) }
}

const use = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'a' } }
const found = { type: 'web_search_tool_result', tool_use_id: 's1', content: [] }
const action = { type: 'search', query: 'a' }

/** Blocks of the provider's own on each wire. The first is looked at. */
const blocks: Record<SimulatedWireName, readonly Record<string, unknown>[]> = {
  'anthropic-messages': [use, found],
  'openai-responses': [{ type: 'web_search_call', id: 'ws_1', status: 'completed', action }],
  'openai-chat': [{ id: 'ws_1', type: 'web_search', web_search: { query: 'a' } }],
  gemini: [{ executableCode: { language: 'PYTHON', code: 'print(1)' } }],
}

describe.each(everyDriver)('$name', ({ name, wire, driver, eventsBeforeText }) => {
  const watched = async (...answers: Answer[]): Promise<WatchedDriver> => {
    const { url, requests } = await serve(answers)
    return { driver: driver({ url }), requests }
  }
  const chapters: DriverChapters = {
    block: async ({ text }) => {
      const own = blocks[wire].map((data) => ({ before: 'end' as const, data }))
      const setup = await watched({ text, blocks: own }, text)
      return { ...setup, block: blocks[wire][0], atOnce: wire === 'gemini' }
    },
    details: ({ text, headers, rawUsage }) =>
      watched({ text, rawUsage, fault: { kind: 'headers', headers } }),
    options: ({ text }) => watched(text),
    images: ({ text }) => watched(text),
  }
  // No other API pauses.
  if (wire === 'anthropic-messages') {
    chapters.pause = ({ text, rest }) => watched({ text, finishReason: 'pause_turn' }, rest)
  }
  testDriver({
    name,
    test,
    chapters,
    driver: async (scenario) => {
      const { url } = await serve(answerTo(scenario, eventsBeforeText))
      return driver({ url })
    },
  })
})

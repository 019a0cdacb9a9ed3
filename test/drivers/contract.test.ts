/**
 * Every driver keeps the contract of a driver, against the simulated provider over a real socket.
 */

import { afterAll, describe, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import { openai } from '../../src/entries/openai.js'
import {
  type Answer,
  type DriverScenario,
  type SimulatedServer,
  simulatedProvider,
  testDriver,
} from '../../src/entries/testing.js'

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

async function serve(scenario: DriverScenario, eventsBefore: number): Promise<string> {
  const provider = simulatedProvider({ paceMs: 1, answer: answerTo(scenario, eventsBefore) })
  const server = await provider.listen()
  servers.push(server)
  return server.url
}

const drivers: Record<string, (scenario: DriverScenario) => Promise<Driver>> = {
  'openai chat': async (scenario) =>
    openai({ model: 'm', apiKey: 'k', baseURL: `${await serve(scenario, 1)}/v1` }),
  // The response twice, the item and its part.
  'openai responses': async (scenario) => {
    const baseURL = `${await serve(scenario, 4)}/v1`
    return openai({ api: 'responses', model: 'm', apiKey: 'k', baseURL })
  },
  anthropic: async (scenario) =>
    anthropic({ model: 'm', apiKey: 'k', baseURL: await serve(scenario, 3) }),
  compatible: async (scenario) =>
    compatible({ model: 'm', apiKey: 'k', baseURL: `${await serve(scenario, 1)}/v1` }),
  // The first event holds the first token.
  gemini: async (scenario) =>
    gemini({ model: 'm', apiKey: 'k', baseURL: `${await serve(scenario, 0)}/v1beta` }),
}

for (const [name, driver] of Object.entries(drivers)) {
  describe(name, () => {
    testDriver({ name, test, driver })
  })
}

/**
 * Every driver keeps the contract of a driver, against the simulated provider over a real socket.
 */

import { afterAll, describe, test } from 'vitest'
import { anthropic } from '../../src/anthropic.js'
import { compatible } from '../../src/compatible.js'
import { openai } from '../../src/openai.js'
import {
  type Answer,
  type DriverScenario,
  type SimulatedServer,
  simulatedProvider,
  testDriver,
} from '../../src/testing.js'
import type { Driver } from '../../src/types.js'

const servers: SimulatedServer[] = []
afterAll(() => Promise.all(servers.map((server) => server.close())))

/** The events that an OpenAI or Anthropic answer begins with before its first token. */
function answerTo(scenario: DriverScenario, eventsBefore: number): Answer {
  switch (scenario.kind) {
    case 'answer':
      return scenario.text
    case 'refused':
      return { fault: { kind: 'status', status: scenario.status } }
    case 'cut':
    case 'stall':
      return {
        text: `${scenario.text} more more`,
        fault: { kind: scenario.kind, afterEvents: afterText(scenario.text, eventsBefore) },
      }
    case 'in-band-error':
      return {
        text: `${scenario.text} more more`,
        fault: { kind: 'error', afterEvents: afterText(scenario.text, eventsBefore) },
      }
  }
}

function afterText(text: string, eventsBefore: number): number {
  return eventsBefore + (text.match(/\s*\S+/g)?.length ?? 0)
}

async function serve(scenario: DriverScenario, eventsBefore: number): Promise<string> {
  const provider = simulatedProvider({ paceMs: 1, answer: answerTo(scenario, eventsBefore) })
  const server = await provider.listen()
  servers.push(server)
  return server.url
}

const drivers: Record<string, (scenario: DriverScenario) => Promise<Driver>> = {
  openai: async (scenario) =>
    openai({ model: 'm', apiKey: 'k', baseURL: `${await serve(scenario, 1)}/v1` }),
  anthropic: async (scenario) =>
    anthropic({ model: 'm', apiKey: 'k', baseURL: await serve(scenario, 3) }),
  compatible: async (scenario) =>
    compatible({ model: 'm', apiKey: 'k', baseURL: `${await serve(scenario, 1)}/v1` }),
}

for (const [name, driver] of Object.entries(drivers)) {
  describe(name, () => {
    testDriver({ name, test, driver })
  })
}

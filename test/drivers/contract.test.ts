/**
 * Every driver keeps the contract of a driver, against the simulated provider over a real socket.
 */

import { afterAll, describe, test } from 'vitest'
import {
  type Answer,
  type DriverScenario,
  type SimulatedServer,
  simulatedProvider,
  testDriver,
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

async function serve(scenario: DriverScenario, eventsBefore: number): Promise<string> {
  const provider = simulatedProvider({ paceMs: 1, answer: answerTo(scenario, eventsBefore) })
  const server = await provider.listen()
  servers.push(server)
  return server.url
}

describe.each(everyDriver)('$name', ({ name, driver, eventsBeforeText }) => {
  testDriver({
    name,
    test,
    driver: async (scenario) => driver({ url: await serve(scenario, eventsBeforeText) }),
  })
})

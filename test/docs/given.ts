/**
 * What code in the pages has without saying where from: `#given`, where it is compiled and run.
 */

import type { Driver, Message } from 'sluice'
import { compatible } from 'sluice/compatible'
import { simulatedProvider } from 'sluice/testing'

const provider = simulatedProvider({ paceMs: 0 })

export const model = 'simulated'

export const driver: Driver = compatible({
  name: 'simulated',
  model,
  apiKey: 'any',
  baseURL: 'http://simulated.test/v1',
  fetch: provider.fetch,
})

export const prompt = 'Hello?'

export const messages: Message[] = [{ role: 'user', content: prompt }]

/** Whatever the reader shows something with. */
export function show(..._values: unknown[]): void {}

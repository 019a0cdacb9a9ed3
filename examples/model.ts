/**
 * The model of the other examples: OpenAI's if OPENAI_API_KEY is set, otherwise a simulated one.
 */

import type { Driver } from 'sluice'
import { compatible } from 'sluice/compatible'
import { openai } from 'sluice/openai'
import { type SimulatedProviderOptions, simulatedProvider } from 'sluice/testing'

/** @param simulation - what the simulated model does */
export function model(simulation: SimulatedProviderOptions = {}): Driver {
  if (process.env.OPENAI_API_KEY) return openai({ model: 'gpt-5.5' })
  const { fetch } = simulatedProvider(simulation)
  const baseURL = 'http://simulated.test/v1'
  return compatible({ name: 'simulated', model: 'simulated', apiKey: 'any', baseURL, fetch })
}

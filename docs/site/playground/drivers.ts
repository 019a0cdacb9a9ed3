/**
 * The drivers, each with a `fetch` of the page. SDKs are loaded when they are needed.
 */

import type { Driver, Fetch } from 'sluice'
import { type WireName, wires } from './scenarios.ts'

/** The address of nobody: the simulated provider answers by the path. */
const baseURL = 'https://provider.example/v1'
const apiKey = 'none'

export async function driverFor(wire: WireName, fetch: Fetch): Promise<Driver> {
  const { model } = wires[wire]
  switch (wire) {
    case 'openai':
    case 'responses': {
      const [{ openai }, { OpenAI }] = await Promise.all([
        import('sluice/openai'),
        import('openai'),
      ])
      const client = new OpenAI({ apiKey, baseURL, fetch, dangerouslyAllowBrowser: true })
      return openai({ model, client, api: wire === 'openai' ? 'chat' : 'responses' })
    }
    case 'anthropic': {
      const [{ anthropic }, { BaseAnthropic }] = await Promise.all([
        import('sluice/anthropic'),
        import('@anthropic-ai/sdk/client'),
      ])
      const options = { apiKey, baseURL: 'https://provider.example', fetch }
      const client = new BaseAnthropic({ ...options, dangerouslyAllowBrowser: true })
      return anthropic({ model, client })
    }
    case 'gemini': {
      const { gemini } = await import('sluice/gemini')
      return gemini({ model, apiKey, baseURL: 'https://provider.example/v1beta', fetch })
    }
    case 'compatible': {
      const { compatible } = await import('sluice/compatible')
      return compatible({ model, apiKey, baseURL, fetch })
    }
  }
}

/** The second provider of a `fallback`. */
export async function secondDriver(fetch: Fetch): Promise<Driver> {
  const { compatible } = await import('sluice/compatible')
  const address = 'https://second.example/v1'
  return compatible({ model: 'second-model', apiKey, baseURL: address, fetch })
}

/**
 * The providers that the routes talk to.
 */

import type { Driver } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { openai } from 'sluice/openai'

export type ProviderName = 'openai' | 'claude'

export interface Provider {
  /** Asked when a request names none. */
  defaultModel: string
  /** It understands `x-simulated-fault`. */
  simulated: boolean
  /** @param headers - sent along with this request */
  driver: (model: string, headers?: Record<string, string>) => Driver
}

export type Providers = Record<ProviderName, Provider>

export interface ProviderSettings {
  apiKey: string
  baseURL?: string
  /** @default the global one */
  fetch?: typeof globalThis.fetch
  /** @default false */
  simulated?: boolean
}

export function openaiProvider({ simulated = false, ...settings }: ProviderSettings): Provider {
  return {
    defaultModel: 'gpt-5.5',
    simulated,
    driver: (model, headers = {}) => openai({ ...settings, model, headers }),
  }
}

export function claudeProvider({ simulated = false, ...settings }: ProviderSettings): Provider {
  return {
    defaultModel: 'claude-sonnet-5-5',
    simulated,
    driver: (model, headers = {}) => anthropic({ ...settings, model, headers }),
  }
}

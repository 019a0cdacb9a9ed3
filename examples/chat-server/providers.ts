/**
 * The providers that the routes talk to.
 */

import type { Driver } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { gemini } from 'sluice/gemini'
import { openai } from 'sluice/openai'

export const providerNames = ['openai', 'claude', 'gemini'] as const

export type ProviderName = (typeof providerNames)[number]

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

/** @param settings - `api`: which of OpenAI's two wires is spoken, Chat Completions by default */
export function openaiProvider({
  simulated = false,
  ...settings
}: ProviderSettings & { api?: 'chat' | 'responses' }): Provider {
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

export function geminiProvider({ simulated = false, ...settings }: ProviderSettings): Provider {
  return {
    defaultModel: 'gemini-3-flash-preview',
    simulated,
    driver: (model, headers = {}) => gemini({ ...settings, model, headers }),
  }
}

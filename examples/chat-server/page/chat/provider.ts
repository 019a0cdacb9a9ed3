/**
 * The provider that answers, which this browser remembers.
 */

import { useSyncExternalStore } from 'react'
import { readStored, writeStored } from './storage.ts'

/** By their names at the server. */
export const providers = { openai: 'OpenAI', claude: 'Claude', gemini: 'Gemini' } as const

export type Provider = keyof typeof providers

const listeners = new Set<() => void>()
const stored = readStored('local', 'provider')
let current: Provider = isProvider(stored) ? stored : 'openai'

export function getProvider(): Provider {
  return current
}

export function setProvider(name: string): void {
  if (!isProvider(name)) return
  current = name
  writeStored('local', 'provider', name)
  for (const listener of listeners) listener()
}

export function useProvider(): Provider {
  return useSyncExternalStore(subscribe, getProvider)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function isProvider(name: string | undefined): name is Provider {
  return name !== undefined && Object.hasOwn(providers, name)
}

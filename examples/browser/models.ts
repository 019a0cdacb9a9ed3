/**
 * Who can answer a page that has no server: a model on the same machine, one whose key the user types in, or a simulated one.
 */

import type { Driver } from 'sluice'
import { compatible } from 'sluice/compatible'
import { simulatedProvider } from 'sluice/testing'

/** Servers of models that let pages of this machine ask them. */
const local = {
  ollama: 'http://localhost:11434/v1',
  lmstudio: 'http://localhost:1234/v1',
  llamacpp: 'http://localhost:8080/v1',
} as const

/** The first model of the first server that runs; the simulated one where none does. */
export async function findModel(): Promise<Driver> {
  const names = Object.keys(local) as (keyof typeof local)[]
  const found = await Promise.all(names.map(askServer))
  return found.find((driver) => driver !== undefined) ?? simulated()
}

async function askServer(name: keyof typeof local): Promise<Driver | undefined> {
  try {
    const response = await fetch(`${local[name]}/models`, { signal: AbortSignal.timeout(1_000) })
    const { data } = (await response.json()) as { data: { id: string }[] }
    return data[0] && compatible(name, { model: data[0].id })
  } catch {
    return undefined
  }
}

/** What the user types in. */
export interface TypedModel {
  baseURL: string
  model: string
  apiKey: string
}

export function typedModel({ baseURL, model, apiKey }: TypedModel): Driver {
  return compatible({ name: new URL(baseURL).host, baseURL, model, ...(apiKey && { apiKey }) })
}

function simulated(): Driver {
  const { fetch } = simulatedProvider()
  const baseURL = 'http://simulated.test/v1'
  return compatible({ name: 'simulated', model: 'canned answers', apiKey: 'any', baseURL, fetch })
}

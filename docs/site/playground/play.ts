/**
 * Plays a scenario in the page, with the package and its simulated provider.
 */

import {
  createStream,
  type Driver,
  fallback,
  type RetryOptions,
  type StreamEvent,
  tool,
} from 'sluice'
import { simulatedProvider } from 'sluice/testing'
import { driverFor, secondDriver } from './drivers.ts'
import {
  answers,
  answerText,
  hasTool,
  prompt,
  toolDescription,
  toolFailure,
  toolName,
  toolParameters,
  toolResult,
} from './scenarios.ts'
import type { Settings } from './settings.ts'
import { tapped, type WireNote } from './tap.ts'

/** Receives what happens. */
export interface Watcher {
  wire(note: WireNote): void
  event(event: StreamEvent): void
}

export async function play(
  settings: Settings,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<void> {
  const stream = createStream({
    driver: await watchedDriver(settings, (note) => watcher.wire(note)),
    prompt,
    signal,
    retry: retryOf(settings),
    timeout: { chunkMs: settings.chunkMs },
    ...(hasTool(settings.scenario) ? { tools: { [toolName]: toolOf(settings) } } : {}),
  })
  for await (const event of stream) watcher.event(event)
}

/** The driver, and what it talks to. */
export async function watchedDriver(
  settings: Settings,
  note: (note: WireNote) => void,
): Promise<Driver> {
  const { paceMs } = settings
  const provider = simulatedProvider({ paceMs, answer: answers(settings) })
  const driver = await driverFor(settings.wire, tapped(provider.fetch, note))
  if (!settings.fallback) return driver
  const second = simulatedProvider({ paceMs, answer: answerText })
  return fallback(driver, await secondDriver(tapped(second.fetch, note)))
}

export function retryOf({ maxRetries, afterContent, holdBackChars }: Settings): RetryOptions {
  return { maxRetries, afterContent, holdBackChars }
}

function toolOf({ scenario }: Settings) {
  return tool({
    description: toolDescription,
    parameters: toolParameters,
    run: () => {
      if (scenario === 'tool-fails') throw new Error(toolFailure)
      return toolResult
    },
  })
}

/**
 * What a visitor can set, and its form in the address of the page.
 */

import { type ScenarioName, scenarios, type WireName, wires, wordCounts } from './scenarios.ts'

export interface Settings {
  wire: WireName
  scenario: ScenarioName
  /** The words before the failure. */
  words: number
  afterContent: 'restart' | 'continue' | 'fail'
  maxRetries: number
  /** The longest silence between two chunks, in milliseconds. */
  chunkMs: number
  /** Characters that are buffered. */
  holdBackChars: number
  /** Whether a second provider takes over from the first. */
  fallback: boolean
  /** The time between two words, in milliseconds. */
  paceMs: number
}

/** What can be chosen, with the words for it. The first value is not the default. */
export const choices = {
  wire: labelsOf(wires),
  scenario: labelsOf(scenarios),
  words: wordCounts.map((count) => [count, `${count}`] as const),
  afterContent: [
    ['restart', 'restart'],
    ['continue', 'continue'],
    ['fail', 'fail'],
  ],
  maxRetries: [0, 1, 2, 3].map((count) => [count, `${count}`] as const),
  chunkMs: [
    [1_000, '1 second'],
    [3_000, '3 seconds'],
    [60_000, '60 seconds (default)'],
  ],
  holdBackChars: [
    [0, 'off'],
    [20, '20 characters'],
    [60, '60 characters'],
  ],
  fallback: [
    [false, 'off'],
    [true, 'to a second provider'],
  ],
  paceMs: [
    [5, 'fast'],
    [80, 'as a model writes'],
    [300, 'slow'],
  ],
} as const satisfies { [Name in keyof Settings]: readonly (readonly [Settings[Name], string])[] }

export const defaults: Settings = {
  wire: 'openai',
  scenario: 'cut',
  words: 8,
  afterContent: 'restart',
  maxRetries: 2,
  chunkMs: 1_000,
  holdBackChars: 0,
  fallback: false,
  paceMs: 80,
}

/** Values that are not offered are ignored. */
export function parseSettings(hash: string): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const settings: Record<string, unknown> = { ...defaults }
  for (const [name, values] of Object.entries(choices)) {
    const chosen = values.find(([value]) => String(value) === given.get(name))
    if (chosen !== undefined) [settings[name]] = chosen
  }
  return settings as unknown as Settings
}

/** Only what differs from the defaults. */
export function formatSettings(settings: Settings): string {
  const changed = Object.entries(settings).filter(
    ([name, value]) => value !== defaults[name as keyof Settings],
  )
  const given = new URLSearchParams(changed.map(([name, value]) => [name, String(value)]))
  return given.size === 0 ? '' : `#${given}`
}

function labelsOf<Name extends string>(
  table: Record<Name, { label: string }>,
): (readonly [Name, string])[] {
  return Object.entries<{ label: string }>(table).map(
    ([name, { label }]) => [name as Name, label] as const,
  )
}

/**
 * What the playground plays: the wires, and what a simulated provider answers in each scenario. The
 * recordings of other libraries (`bench/playground.ts`) are made with the same answers.
 */

import type { Answer, Fault, SimulatedRequest } from 'sluice/testing'

/** The wire formats, with the path that the client appends to its address. */
export const wires = {
  openai: { label: 'OpenAI chat', model: 'gpt-5.5', before: 1 },
  responses: { label: 'OpenAI Responses', model: 'gpt-5.5', before: 4 },
  anthropic: { label: 'Anthropic', model: 'claude-sonnet-4-5', before: 3 },
  gemini: { label: 'Gemini', model: 'gemini-3-flash', before: 0 },
  compatible: { label: 'OpenAI-compatible server', model: 'llama-4', before: 1 },
} as const satisfies Record<string, Wire>

interface Wire {
  label: string
  model: string
  /** The number of events that the provider sends before the first word. */
  before: number
}

export type WireName = keyof typeof wires

export const scenarios = {
  whole: { label: 'The answer is whole', about: 'Nothing fails.' },
  cut: {
    label: 'The connection is cut',
    about: 'The first request loses its connection after some words.',
  },
  end: {
    label: 'The body ends early',
    about: 'The first response ends cleanly after some words, without its terminal event.',
  },
  error: {
    label: 'Error inside the stream',
    about: 'The provider sends an error event after some words, with status 200.',
  },
  status: {
    label: '503 before the answer',
    about: 'The first request is answered with status 503.',
  },
  stall: {
    label: 'The stream stalls',
    about: 'After some words nothing more arrives, and the connection stays open.',
  },
  'tools-cut': {
    label: 'Step 2 with a tool is cut',
    about: 'Step 1 calls a tool, which runs. Step 2 loses its connection after some words.',
  },
  'tool-fails': {
    label: 'A tool throws',
    about: 'The tool throws an error whose message holds a password.',
  },
  killed: {
    label: 'The producer is killed',
    about:
      'The worker that reads the provider is terminated after some words. The page reconnects, and a second worker takes over: terminate() is real, and so are the log, the store and the client.',
  },
} as const satisfies Record<string, { label: string; about: string }>

export type ScenarioName = keyof typeof scenarios

/** After how many words an answer fails. */
export const wordCounts = [1, 4, 8, 12] as const

/** Whether a scenario fails after some words. */
export function failsInside(scenario: ScenarioName): boolean {
  return !['whole', 'status', 'tool-fails'].includes(scenario)
}

/** Whether a scenario has a tool. */
export function hasTool(scenario: ScenarioName): boolean {
  return scenario.startsWith('tool')
}

export const prompt = 'Why does the sea rise and fall in Lisbon?'
export const answerText =
  'Tides come from the moon: it pulls the sea towards it, and the sea rises twice a day.'
const failedText = 'Tides follow the moon. I could not read the tide table for the exact hour.'

export const toolName = 'tide_table'
export const toolDescription = 'High tides of today'
export const toolParameters = {
  type: 'object',
  properties: { port: { type: 'string' } },
  required: ['port'],
}
export const toolResult = '14:20 and 02:45'
/** The message of the error that the tool throws. Neither a model nor a page should see it. */
export const toolFailure = 'connect ECONNREFUSED postgres://tides:hunter2@db.internal:5432'

export interface Played {
  wire: WireName
  scenario: ScenarioName
  words: number
}

/** The answers of the provider. Only the first request fails, or the first one of step 2. */
export function answers({ wire, scenario, words }: Played): (request: SimulatedRequest) => Answer {
  let failures = 0
  return ({ step, body }) => {
    if (hasTool(scenario) && step === 1) {
      return { toolCalls: [{ name: toolName, input: { port: 'Lisbon' } }] }
    }
    if (scenario === 'tool-fails') return failedText
    const text = rest(body)
    const fault = faultOf(scenario, wires[wire].before + words)
    return fault !== undefined && failures++ === 0 ? { text, fault } : text
  }
}

function faultOf(scenario: ScenarioName, afterEvents: number): Fault | undefined {
  if (scenario === 'status') return { kind: 'status', status: 503 }
  if (scenario === 'tools-cut') return { kind: 'cut', afterEvents }
  // It waits, so that its reader dies at this word and not at a later one.
  if (scenario === 'killed') return { kind: 'stall', afterEvents }
  if (scenario === 'cut' || scenario === 'end' || scenario === 'error' || scenario === 'stall') {
    return { kind: scenario, afterEvents }
  }
  return undefined
}

/** A model continues an answer that the request already holds. */
function rest(body: unknown): string {
  const sent = JSON.stringify(body)
  const words = answerText.match(/\s*\S+/g) ?? []
  for (let count = words.length - 1; count > 0; count--) {
    if (sent.includes(words.slice(0, count).join(''))) return words.slice(count).join('')
  }
  return answerText
}

import { createStream, type Driver, type EventStream, type StreamOptions } from 'sluice'
import { scripted } from 'sluice/testing'
import type { ToolResultContent } from '../../../src/base/content-kinds.js'
import type { CompleteEvent, StreamEvent } from '../../../src/base/events.js'
import { collect } from '../../support/collect.js'

type Scripts = Extract<Parameters<typeof scripted>[0], readonly (readonly unknown[])[]>

/** Calls of the scripted model: names, or names with arguments. */
export type Called = string | readonly [name: string, input: object]

/** A step in which the model calls tools. Their ids are `0`, `1` ... */
function calling(called: readonly Called[]): Scripts[number] {
  const calls = called.map((each, index) => {
    const [name, input] = typeof each === 'string' ? [each, {}] : each
    return {
      type: 'content' as const,
      kind: 'tool-call' as const,
      index,
      id: String(index),
      name,
      input: JSON.stringify(input),
    }
  })
  return [...calls, { finishReason: 'tool-calls', usage: {} }]
}

/** A turn whose model calls tools in each step but the last. */
export function turn(
  steps: readonly (readonly Called[])[],
  options: Partial<StreamOptions>,
): EventStream {
  const scripts = steps.map(calling)
  let requests = 0
  const driver: Driver = {
    provider: 'scripted',
    model: 'script',
    stream: (request, context) =>
      scripted([scripts[requests++] ?? ['Done.']]).stream(request, context),
  }
  return createStream({ driver, prompt: 'Hi', retry: false, ...options })
}

export interface Results {
  events: StreamEvent[]
  last: CompleteEvent
  /** What the model receives, in the order of the calls. */
  results: Partial<Pick<ToolResultContent, 'output' | 'content' | 'isError'>>[]
}

/** Runs a turn of one step with calls to its end. */
export async function results(
  called: readonly Called[],
  options: Partial<StreamOptions>,
): Promise<Results> {
  const events = await collect(turn([called], options))
  const last = events.at(-1) as StreamEvent
  if (last.type !== 'complete') throw new Error('The turn failed.', { cause: last })
  const content = last.message.content as readonly { type: string; id: string }[]
  return {
    events,
    last,
    results: content
      .filter(({ type }) => type === 'tool-result')
      .toSorted((a, b) => Number(a.id) - Number(b.id))
      .map((part) => {
        const { output, content: parts, isError } = part as unknown as ToolResultContent
        return {
          ...(output === undefined ? {} : { output }),
          ...(parts === undefined ? {} : { content: parts }),
          ...(isError ? { isError } : {}),
        }
      }),
  }
}

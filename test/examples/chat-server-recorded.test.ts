/**
 * The chat server on recorded answers, as its users can test theirs: without keys, and with what goes wrong on a network.
 */

import { type ReplayFault, replay } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import { createApp } from '../../examples/chat-server/app.ts'
import {
  claudeProvider,
  geminiProvider,
  openaiProvider,
} from '../../examples/chat-server/providers.ts'
import { bodyOf, origin, said, wires } from '../support/cassettes.ts'
import { milestones, receive } from './scenario-client.ts'

const cassettes = {
  openai: wires['openai-chat']?.file ?? '',
  claude: wires['anthropic-messages']?.file ?? '',
  gemini: wires.gemini?.file ?? '',
}

describe.each(Object.entries(cassettes))('%s', (name, file) => {
  /** @param faults - of the first request and those after it */
  function ask(path: 'basic' | 'sse', ...faults: ReplayFault[]): Promise<Response> {
    const settings = { apiKey: 'any', fetch: replay(file, { faults }) }
    const providers = {
      openai: openaiProvider({ ...settings, baseURL: `${origin}/v1` }),
      claude: claudeProvider({ ...settings, baseURL: origin }),
      gemini: geminiProvider({ ...settings, baseURL: `${origin}/v1beta` }),
    }
    const question =
      path === 'basic' ? { prompt: 'Hello!' } : { messages: [{ role: 'user', content: 'Hello!' }] }
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(question) }
    return Promise.resolve(createApp({ providers }).request(`/${name}/${path}`, init))
  }

  /** A break inside the wave of the text. */
  const insideCharacter = async (kind: 'cut' | 'end'): Promise<ReplayFault> => {
    const body = await bodyOf(file)
    return { kind, afterBytes: body.indexOf('👋') + 2 }
  }

  test('text is what was recorded', async () => {
    expect(await (await ask('basic')).text()).toBe(said.text)
    const split = await ask('basic', { kind: 'split', chunkBytes: 3 })
    expect(await split.text()).toBe(said.text)
  })

  test.each(['cut', 'end'] as const)('text that breaks off is continued (%s)', async (kind) => {
    const response = await ask('basic', await insideCharacter(kind))
    expect(await response.text()).toBe(said.text)
  })

  test.each(['cut', 'end'] as const)(
    'events that break off are continued, and hold the text once (%s)',
    async (kind) => {
      const received = await receive(await ask('sse', await insideCharacter(kind)))
      expect(received.text).toBe(said.text)
      const [, retried, last] = milestones(received)
      expect(retried).toEqual(['retry', { attempt: 2 }])
      expect(last).toMatchObject(['complete', { full_content: said.text }])
    },
  )
})

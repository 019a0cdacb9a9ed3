import type { Anthropic } from '@anthropic-ai/sdk'
import type { OpenAI } from 'openai'
import { expectTypeOf, test } from 'vitest'
import { anthropic, type ClaudeModelName } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { type GeminiModelName, gemini } from '../../src/entries/gemini.js'
import { type OpenAIModelName, openai } from '../../src/entries/openai.js'

/** The names in a union that also takes any string. */
type Names<Union> = Union extends string ? (string extends Union ? never : Union) : never

test('names of models are known to the SDKs', () => {
  expectTypeOf<'gpt-5.5'>().toExtend<Names<OpenAI.ResponsesModel>>()
  expectTypeOf<'gpt-unknown'>().not.toExtend<Names<OpenAI.ResponsesModel>>()
  expectTypeOf<OpenAIModelName>().toExtend<Names<OpenAI.ResponsesModel>>()
  expectTypeOf<'claude-unknown'>().not.toExtend<Names<Anthropic.Model>>()
  expectTypeOf<ClaudeModelName>().toExtend<Names<Anthropic.Model>>()
})

test('the names stay in the type of the option, for editors to complete', () => {
  type Model<Options extends { model: string }> = Names<Options['model']>
  expectTypeOf<Model<Parameters<typeof openai>[0]>>().toEqualTypeOf<OpenAIModelName>()
  expectTypeOf<Model<Parameters<typeof anthropic>[0]>>().toEqualTypeOf<ClaudeModelName>()
  expectTypeOf<Model<Parameters<typeof gemini>[0]>>().toEqualTypeOf<GeminiModelName>()
})

test('any other name is taken too', () => {
  expectTypeOf((model: string) => [
    openai({ model }),
    anthropic({ model }),
    gemini({ model }),
    compatible('groq', { model }),
  ]).toBeFunction()
  openai({ model: 'ft:gpt-4.1-mini:mine' })
  anthropic({ model: 'us.anthropic.claude-sonnet-4-5-v1:0' })
  gemini({ model: 'tunedModels/mine' })
  // @ts-expect-error: not a name
  openai({ model: 5 })
})

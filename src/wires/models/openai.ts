/**
 * What the families of OpenAI's models take, on both of its wires and wherever they are served.
 *
 * @module
 * @see https://platform.openai.com/docs/guides/reasoning
 */

import type { StreamRequest } from '../../base/request.js'
import { compact, type Json } from '../read-json.js'

export interface OpenAIModel {
  /** Undefined for a model that is not OpenAI's, of which nobody knows. */
  readonly reasons: boolean | undefined
  /** `minimal` is an effort that it knows; the least of the others is `low`. */
  readonly knowsMinimal: boolean
  /** Whether it takes `temperature` and `top_p`. */
  readonly samples: 'always' | 'unless-reasoning' | 'never'
}

export function describeModel(model: string): OpenAIModel {
  const name = model.toLowerCase()
  if (/(^|[/:])o\d/.test(name)) return { reasons: true, knowsMinimal: false, samples: 'never' }
  const gpt = /(?:^|[/:])(?:chat)?gpt-(\d+)(?:\.(\d+))?/.exec(name)
  if (gpt === null) return { reasons: undefined, knowsMinimal: false, samples: 'always' }
  const [major, minor] = [Number(gpt[1]), Number(gpt[2] ?? 0)]
  const chat = name.includes('chat')
  if (major < 5 || (chat && minor === 0)) {
    return { reasons: false, knowsMinimal: false, samples: 'always' }
  }
  const special = chat || /codex|pro/.test(name)
  // By themselves these do not reason.
  const rests = major === 5 && minor >= 1 && minor <= 4 && !special
  return {
    reasons: true,
    knowsMinimal: major === 5 && minor === 0 && !special,
    samples: rests ? 'unless-reasoning' : 'never',
  }
}

/** What the model would refuse is left out, so that one request can go to any model. */
export function encodeSampling(request: StreamRequest, { samples }: OpenAIModel): Json {
  const { temperature, topP, reasoning } = request
  if (samples === 'never' || (samples === 'unless-reasoning' && reasoning !== undefined)) return {}
  return compact({ temperature, top_p: topP })
}

/** An effort that the model knows; undefined for one that does not reason. */
export function effortOf(
  { reasoning }: StreamRequest,
  { reasons, knowsMinimal }: OpenAIModel,
): string | undefined {
  if (reasons === false) return undefined
  return reasoning?.effort === 'minimal' && !knowsMinimal ? 'low' : reasoning?.effort
}

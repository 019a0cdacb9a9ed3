/**
 * The traits of a model by its name, and what they make of a request.
 *
 * @module
 */

import { compact, type Json } from '../../base/read-json.js'
import { rememberLast } from '../../base/remember-last.js'
import type { StreamRequest } from '../../base/request.js'
import { alibabaModels } from './alibaba.js'
import { deepseekModels } from './deepseek.js'
import { mistralModels } from './mistral.js'
import { moonshotModels } from './moonshot.js'
import { openaiModels } from './openai.js'
import { efforts, type ModelTraits, nearestEffort } from './traits.js'
import { xaiModels } from './xai.js'
import { xiaomiModels } from './xiaomi.js'
import { zaiModels } from './zai.js'

const table = [
  ...openaiModels,
  ...xaiModels,
  ...mistralModels,
  ...deepseekModels,
  ...moonshotModels,
  ...xiaomiModels,
  ...zaiModels,
  ...alibabaModels,
]

/** The caller of a model that no row matches has to know what it takes. */
const unlisted: ModelTraits = { efforts }

const listed = /* @__PURE__ */ rememberLast((model: string) => {
  const name = model.toLowerCase()
  return table.find(([pattern]) => pattern.test(name))?.[1] ?? unlisted
})

/**
 * The traits in the first row that matches the name.
 *
 * @param traits - the caller's own, which override the row
 */
export function describeModel(model: string, traits?: ModelTraits): ModelTraits {
  return { ...listed(model), ...(traits && compact(traits)) }
}

/** What the model would refuse is left out, so that one request can go to any model. */
export function encodeSampling(
  { temperature, topP, reasoning }: StreamRequest,
  { sampling }: ModelTraits,
): Json {
  const reasons = reasoning !== undefined && reasoning.effort !== 'none'
  if (sampling === 'never' || (sampling === 'unless-reasoning' && reasons)) return {}
  return compact({ temperature, top_p: topP })
}

const usualEfforts = ['low', 'medium', 'high'] as const

/** The effort to be sent; undefined if none is requested, and for a model that takes none. */
export function effortOf(
  { reasoning }: StreamRequest,
  { reasons, efforts: taken = usualEfforts }: ModelTraits,
): string | undefined {
  const wanted = reasoning?.effort
  return wanted === undefined || reasons === false ? undefined : nearestEffort(wanted, taken)
}

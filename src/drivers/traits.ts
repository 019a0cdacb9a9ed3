/**
 * The rules of the option `traits`.
 *
 * @module
 */

import { flag, oneOf, optionsOf, type Rule, type Rules, rule } from '../base/check-options.js'
import { efforts, type ModelTraits, thinkingSwitches } from '../wires/models/traits.js'

export const effortsRule: Rule = rule(
  `an array of ${efforts.map((effort) => `"${effort}"`).join(', ')}`,
  (value) => Array.isArray(value) && value.every((each) => efforts.includes(each)),
)

export const thinkingSwitchRule: Rule = oneOf(...Object.keys(thinkingSwitches))

const rules: Rules<ModelTraits> = {
  reasons: flag,
  efforts: effortsRule,
  sampling: oneOf('always', 'unless-reasoning', 'never'),
  stopSequences: flag,
  systemRole: oneOf('system', 'developer', 'user'),
  toolCallIds: oneOf('any', 'nine-alphanumeric'),
  assistantAfterTools: flag,
  reasoningField: oneOf(
    'reasoning_content',
    'reasoning',
    'reasoning_text',
    'reasoning_details',
    'none',
  ),
  thinkingSwitch: thinkingSwitchRule,
  requiresReasoning: flag,
  maxTokensField: oneOf('max_completion_tokens', 'max_tokens'),
  cacheBreakpoints: flag,
}

export const traitsRule: Rule = optionsOf('an object with traits of the model', rules)

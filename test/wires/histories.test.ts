/** A history with parts, signatures and options of every provider is valid wherever it is sent. */

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WireName } from '../../src/wires/wire-name.js'
import { answeredTurns } from '../support/histories/answered.js'
import { anyRequest, bodyOr } from '../support/histories/any-request.js'
import { checkChat } from '../support/histories/chat-rules.js'
import { checkGemini } from '../support/histories/gemini-rules.js'
import { checkMessagesBody } from '../support/histories/messages-rules.js'
import { marksIn, origins } from '../support/histories/origins.js'
import { checkResponses } from '../support/histories/responses-rules.js'
import { checkNothingForeign, type Json } from '../support/histories/rules.js'
import { type Target, targets } from '../support/histories/targets.js'

const runs = 300

const rules: Record<WireName, (body: Json, target: Target) => void> = {
  'openai-chat': checkChat,
  'openai-responses': checkResponses,
  'anthropic-messages': checkMessagesBody,
  gemini: checkGemini,
}

const turns = await answeredTurns(false)

describe.each(targets)('any history, sent to $model over $wire', (target) => {
  test('is valid, and holds nothing of others', () => {
    let sent = 0
    let marked = 0
    const requests = anyRequest({ wire: target.wire, isKnown: false, turns })
    const property = fc.property(requests, (request) => {
      const before = JSON.stringify(request)
      const body = bodyOr(() => target.encode(request))
      expect(JSON.stringify(request)).toBe(before)
      if (body === undefined) return
      sent++
      if (marksIn(JSON.stringify(body)).size > 0) marked++
      checkNothingForeign(body, target)
      rules[target.wire](body, target)
    })
    fc.assert(property, { numRuns: runs })
    // Few histories may be refused, or the property would say nothing.
    expect(sent).toBeGreaterThan(runs / 2)
    // What the maker of the model made does go back.
    const { wire, maker = origins.find(([each]) => each === wire)?.[1] } = target
    const isKnown = origins.some((origin) => origin[0] === wire && origin[1] === maker)
    if (isKnown) expect(marked).toBeGreaterThan(0)
  }, 60_000)
})

/**
 * Conversations: messages are stored, and one turn runs at a time.
 *
 * @module
 */

import {
  checkId,
  checkOptions,
  checkValue,
  driver as driverRule,
  has,
  id as idRule,
  isDelay,
  limit,
  oneOf,
  type Rules,
  required,
  rule,
  text,
} from '../base/check-options.js'
import type { EventStream, OutputStream } from '../base/event-stream.js'
import type { Message } from '../base/messages.js'
import { isRecord } from '../base/read-json.js'
import type { InferTools, ToolSet } from '../base/tool-types.js'
import { openStream, streamRules } from '../core/create-stream.js'
import { announceTakeover } from '../core/left-behind.js'
import { runsTools } from '../loop/open-loop.js'
import { toMessages } from './input.js'
import type { Intent } from './plan-turn.js'
import { ConversationInStore } from './stored.js'
import { ConversationTurn } from './turn.js'
import type {
  Conversation,
  ConversationInput,
  ConversationOptions,
  ConversationWithoutTools,
  OnlyOutput,
  SendOptions,
  WithoutTools,
} from './types.js'

// The prompt is the input of each turn.
const { messages: _messages, prompt: _prompt, driver, ...requestRules } = streamRules

const turnRules: Rules<SendOptions> = {
  select: {
    allowed: 'a function, such as lastMessages({ maxTokens })',
    isAllowed: (value) => typeof value === 'function',
  },
  onConflict: oneOf('wait', 'reject'),
  onError: oneOf('keep-input', 'keep-partial', 'forget'),
  driver: driverRule,
  key: idRule,
  ...requestRules,
}

const { key: _ofTurns, ...sharedRules } = turnRules

const rules: Rules<ConversationOptions> = {
  id: required(idRule),
  store: required(
    rule('a store, such as memoryStore()', (value) => has(value, 'load', 'write', 'clear', 'lock')),
  ),
  leaseMs: rule(
    'a finite number of milliseconds above 0',
    (value) => isDelay(value) && value !== 0 && value !== Infinity,
  ),
  readerTimeoutMs: limit,
  ...sharedRules,
  driver,
}

/**
 * Creates access to a conversation by its id. It holds no state, so it can be created for each
 * request.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const conversation = createConversation({ id: 'user-42', driver, store: memoryStore() })
 * for await (const event of conversation.send('My name is Ada.')) show(event)
 * await conversation.send('What is my name?').text()
 * ```
 */
export function createConversation<Output>(
  options: ConversationOptions<Output> & OnlyOutput<Output>,
): ConversationWithoutTools<Output, OutputStream<Output>>
export function createConversation<Output = unknown>(
  options: ConversationOptions<Output> & WithoutTools,
): ConversationWithoutTools<Output>
export function createConversation<Output = unknown, Tools extends ToolSet = ToolSet>(
  options: ConversationOptions<Output> & InferTools<Tools>,
): Conversation<Output, Tools>
export function createConversation(options: ConversationOptions): Conversation {
  checkOptions('', options, rules, 'an object with an id, a driver and a store')
  const { id, store, leaseMs = 5_000, readerTimeoutMs = 60_000, ...defaults } = options
  const begin = (intent: Intent, sendOptions: SendOptions = {}): EventStream => {
    checkOptions('', sendOptions, turnRules)
    // As the types of send() have it, `output: undefined` does not remove that of the conversation.
    const { output = defaults.output } = sendOptions
    const merged = { ...defaults, ...sendOptions, ...(output && { output }) }
    const { select, onConflict = 'wait', onError = 'keep-input', key: _key, ...request } = merged
    const wait = onConflict === 'wait'
    const fixed = { id, store, leaseMs, readerTimeoutMs }
    const { retry } = request
    const mayContinue = typeof retry !== 'object' || retry.afterContent !== 'restart'
    const about = { driver: request.driver, runsTools: runsTools(request, request), mayContinue }
    const turn = new ConversationTurn({ ...fixed, ...about, select, wait, onError }, intent)
    // Those of the store take their place.
    const messages = 'input' in intent ? intent.input : unknownMessages
    return openStream({ ...request, messages }, turn)
  }
  const send = (input: ConversationInput, sendOptions: SendOptions = {}): EventStream =>
    begin({ kind: 'send', input: toMessages(input), key: sendOptions?.key }, sendOptions)
  const inStore = new ConversationInStore(store, id)
  // A stream that is not read only checks its options.
  send('Hello')
  return {
    id,
    send: send as Conversation['send'],
    regenerate({ messageId, ...sendOptions } = {}) {
      checkValue('messageId', messageId, idRule)
      return begin({ kind: 'regenerate', messageId, key: sendOptions.key }, sendOptions)
    },
    edit(messageId, input, sendOptions) {
      checkId(messageId)
      const intent = { kind: 'edit', messageId, input: toMessages(input) } as const
      return begin({ ...intent, key: sendOptions?.key }, sendOptions)
    },
    resume(left, sendOptions) {
      checkValue('left', left, leftRule)
      if (left) announceTakeover(left)
      return begin({ kind: 'resume', left: left ?? undefined }, sendOptions)
    },
    fork: (otherId, messageId) => inStore.fork(otherId, messageId),
    async rename(title) {
      checkValue('title', title, required(text))
      await inStore.rename(title, leaseMs)
    },
    read: () => inStore.read(),
    messages: () => inStore.messages(),
    clear: () => inStore.clear(),
  }
}

const leftRule = rule(
  'what revive of createResumable() receives',
  (value) => value === null || (isRecord(value) && Array.isArray(value.blocks)),
)

const unknownMessages: readonly Message[] = [{ role: 'user', content: '' }]

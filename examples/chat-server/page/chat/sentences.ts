/**
 * What the page says about a failure: never the words of a provider.
 */

import type { StreamErrorCode } from 'sluice/client'

export interface Sentence {
  text: string
  /** Whether the same request may succeed. */
  canRetry: boolean
}

const retry = (text: string): Sentence => ({ text, canRetry: true })
const final = (text: string): Sentence => ({ text, canRetry: false })

const sentences: Readonly<Record<StreamErrorCode, Sentence>> = {
  aborted: retry('The answer was stopped.'),
  timeout: retry('The answer took too long.'),
  network: retry('The connection was lost before the answer was complete.'),
  interrupted: retry('The answer broke off.'),
  'rate-limit': retry('There were too many requests. Wait a moment, then try again.'),
  quota: retry('The usage limit is reached. Try again later, or choose another model.'),
  overloaded: retry('The model is busy. Try again in a moment.'),
  server: retry('Something went wrong on the other side. Try again.'),
  auth: retry('This chat has no access to the model. Choose another model.'),
  permission: retry('This chat may not use the model. Choose another model.'),
  'not-found': retry('The model is not available. Choose another model.'),
  'invalid-request': retry(
    'The model cannot answer this message. Edit it, or choose another model.',
  ),
  'context-length': final('This chat is too long for the model. Start a new chat.'),
  'content-filter': final('The answer was withheld by a content filter. Edit your message.'),
  protocol: retry('The answer could not be read.'),
  retracted: retry('The answer was withdrawn.'),
  conflict: retry('Another answer is in progress in this chat, perhaps in another tab.'),
  store: retry('The chat could not be saved.'),
  setup: final('This chat is not set up yet. Its operator has to mend it.'),
  unknown: retry('Something went wrong.'),
}

export function sentenceFor(code: StreamErrorCode): Sentence {
  // A later version of the server may know more codes.
  return sentences[code] ?? sentences.unknown
}

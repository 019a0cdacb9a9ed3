/**
 * The page: it sends what the user says, and shows the events of the answer.
 */

import { type Message, StreamError, type WaitingCall } from 'sluice'
import { connect } from 'sluice/client'
import { AnswerView } from './answer-view.ts'
import { CallView } from './call-view.ts'

const find = <Found extends Element>(selector: string): Found =>
  document.querySelector(selector) as Found
const log = find('#log')
const notice = find<HTMLElement>('#notice')
const input = find<HTMLInputElement>('form input')
const send = find<HTMLButtonElement>('form button')

const conversation = crypto.randomUUID()
/** By the ids of the calls. */
const calls = new Map<string, CallView>()
/** The calls that wait for the user, with what the page has to send for them. */
const answers = new Map<string, Record<string, unknown> | undefined>()
/** The answer to the last message of the user. */
let view: AnswerView | undefined

find('form').addEventListener('submit', (event) => {
  event.preventDefault()
  say(input.value)
})
for (const button of document.querySelectorAll('nav button')) {
  button.addEventListener('click', () => say(button.textContent))
}

function say(text: string): void {
  if (text.trim() === '' || send.disabled || answers.size > 0) return
  const bubble = document.createElement('li')
  bubble.className = 'user'
  bubble.textContent = text
  log.append(bubble)
  input.value = ''
  view = new AnswerView(log, calls)
  void ask({ role: 'user', content: text })
}

async function ask(message: Message): Promise<void> {
  send.disabled = true
  notice.textContent = ''
  view?.begin()
  for await (const event of connect('/chat', { json: { id: conversation, message } })) {
    if (event.type === 'content') view?.add(event)
    if (event.type === 'retry') {
      view?.retry(event)
      notice.textContent = `${event.error.publicMessage} Trying again: ${event.attempt} of ${event.maxAttempts}.`
    }
    if (event.type === 'complete') {
      notice.textContent = ''
      for (const call of event.waiting ?? []) wait(call)
    }
    if (event.type === 'error') notice.textContent = StreamError.from(event.error).publicMessage
  }
  send.disabled = false
}

/** Lets the user answer a call. All that wait are sent at once. */
function wait({ id, name, for: reason }: WaitingCall): void {
  answers.set(id, undefined)
  const settle = (part: Record<string, unknown>): void => {
    answers.set(id, { id, ...part })
    const parts = [...answers.values()]
    if (parts.includes(undefined)) return
    answers.clear()
    void ask({ role: 'tool', content: parts } as unknown as Message)
  }
  if (reason === 'approval') {
    calls.get(id)?.askForApproval((approved) => settle({ type: 'tool-approval', approved }))
  } else if (reason === 'client') {
    calls.get(id)?.askForDate((output) => settle({ type: 'tool-result', name, output }))
  }
}

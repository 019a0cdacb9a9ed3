/**
 * A page without a server of its own: the driver runs in the page. `npm run build && npx vite examples/browser`, then open the address
 * that it prints.
 *
 * A model on this machine answers (Ollama, LM Studio, llama.cpp), or any OpenAI-compatible server that allows requests from pages, with a
 * key that the user types; otherwise a simulated model. The official SDKs refuse to run in a page; `compatible` and `gemini` need none.
 */

import { createStream, type EventStream, type Message } from 'sluice'
import { findModel, type TypedModel, typedModel } from './models.ts'

const find = (selector: string): HTMLElement => document.querySelector(selector) as HTMLElement
const prompt = find('#prompt') as HTMLFormElement
const input = find('#prompt input') as HTMLInputElement
const button = find('#prompt button')
const settings = find('#settings') as HTMLFormElement

let driver = await findModel()
let messages: readonly Message[] = []
let stream: EventStream | undefined
showModel()
find('main').inert = false

prompt.addEventListener('submit', (event) => {
  event.preventDefault()
  if (stream !== undefined) stream.cancel()
  else if (input.value.trim() !== '') void ask(input.value)
})

settings.addEventListener('submit', (event) => {
  event.preventDefault()
  driver = typedModel(Object.fromEntries(new FormData(settings)) as unknown as TypedModel)
  showModel()
  find('details').removeAttribute('open')
})

async function ask(text: string): Promise<void> {
  const asked: readonly Message[] = [...messages, { role: 'user', content: text }]
  addBubble('user', text)
  const bubble = addBubble('assistant', '')
  input.value = ''
  button.textContent = 'Stop'
  notify('')
  stream = createStream({ driver, messages: asked })
  for await (const event of stream) {
    if (event.type === 'content' && event.kind === 'text') bubble.append(event.text)
    if (event.type === 'retry') {
      if (event.mode === 'restart') bubble.textContent = ''
      notify(`${event.error.message} Trying again: ${event.attempt} of ${event.maxAttempts}.`)
    }
    if (event.type === 'complete') {
      messages = [...asked, event.message]
      notify('')
    }
    if (event.type === 'error') {
      // What has come of the answer stays in sight, but the model is not told of it.
      const isStopped = event.error.code === 'aborted'
      notify(isStopped ? 'Stopped.' : event.error.message, !isStopped)
      input.value ||= text
    }
  }
  stream = undefined
  button.textContent = 'Send'
}

function addBubble(role: string, text: string): HTMLElement {
  const bubble = document.createElement('li')
  bubble.className = role
  bubble.textContent = text
  find('#log').append(bubble)
  return bubble
}

function notify(text: string, isFailure = false): void {
  const notice = find('#notice')
  notice.textContent = text
  notice.classList.toggle('failure', isFailure)
}

function showModel(): void {
  find('#model').textContent = `${driver.provider}: ${driver.model}`
}

/**
 * One call of a tool on the page: called, running, waiting, done or failed.
 */

import type { ToolResultContent } from 'sluice'

type State = 'called' | 'running' | 'waiting' | 'done' | 'failed'

export class CallView {
  readonly element = document.createElement('section')
  readonly #input = document.createElement('code')
  readonly #state = document.createElement('span')
  readonly #output = document.createElement('output')

  constructor(name: string) {
    const head = document.createElement('header')
    const title = document.createElement('strong')
    title.textContent = name
    head.append(title, this.#state)
    this.element.append(head, this.#input, this.#output)
    this.#show('called')
  }

  /** Arguments come in fragments. */
  addInput(fragment: string): void {
    this.#input.append(fragment)
  }

  showResult({ output, isError, preliminary }: ToolResultContent): void {
    this.#output.textContent = typeof output === 'string' ? output : JSON.stringify(output)
    this.#show(preliminary ? 'running' : isError ? 'failed' : 'done')
  }

  askForApproval(answer: (approved: boolean) => void): void {
    this.#ask(
      ...(['Allow', 'Refuse'] as const).map((text) =>
        button(text, () => {
          this.#output.replaceChildren()
          this.#show('running')
          answer(text === 'Allow')
        }),
      ),
    )
  }

  askForDate(answer: (date: string) => void): void {
    const field = document.createElement('input')
    field.type = 'date'
    field.ariaLabel = 'Date'
    const ok = button('OK', () => {
      if (field.value === '') return
      // The result is the page's own.
      this.#output.textContent = field.value
      this.#show('done')
      answer(field.value)
    })
    this.#ask(field, ok)
  }

  #ask(...controls: HTMLElement[]): void {
    this.#show('waiting')
    this.#output.replaceChildren(...controls)
  }

  #show(state: State): void {
    this.element.className = `call ${state}`
    this.#state.textContent = state
  }
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = text
  element.addEventListener('click', onClick)
  return element
}

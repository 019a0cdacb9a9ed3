/**
 * One answer on the page: its blocks, by their indexes.
 */

import type { ContentEvent, RetryEvent } from 'sluice'
import { CallView } from './call-view.ts'

export class AnswerView {
  readonly #bubble = document.createElement('li')
  readonly #calls: Map<string, CallView>
  /** The elements of this request. A restart removes those that it voids. */
  #blocks: HTMLElement[] = []

  constructor(log: Element, calls: Map<string, CallView>) {
    this.#calls = calls
    this.#bubble.className = 'assistant'
    log.append(this.#bubble)
  }

  /** A request to continue counts its blocks from 0. */
  begin(): void {
    this.#blocks = []
  }

  add(event: ContentEvent): void {
    const { kind, index } = event
    if (kind === 'text') {
      const block = (this.#blocks[index] ??= this.#bubble.appendChild(document.createElement('p')))
      block.append(event.text)
    } else if (kind === 'tool-call') {
      let call = this.#calls.get(event.id)
      if (call === undefined || this.#blocks[index] === undefined) {
        call = new CallView(event.name)
        this.#calls.set(event.id, call)
        this.#blocks[index] = this.#bubble.appendChild(call.element)
      }
      call.addInput(event.input)
    } else if (kind === 'tool-result') {
      this.#calls.get(event.id)?.showResult(event)
    }
  }

  retry({ mode, from = 0 }: RetryEvent): void {
    if (mode !== 'restart') return
    for (const block of this.#blocks.splice(from)) block?.remove()
  }
}

/**
 * The inputs that wait until the answer in progress is whole.
 *
 * @module
 */

import { newId } from '../base/new-id.js'
import { callSafely } from './call-safely.js'
import type { ChatActions } from './state.js'
import type { ChatView } from './view.js'

export class InputQueue implements Pick<ChatActions, 'enqueue' | 'dequeue'> {
  readonly #view: ChatView
  readonly #send: ChatActions['send']

  constructor(view: ChatView, send: ChatActions['send']) {
    this.#view = view
    this.#send = send
  }

  readonly enqueue: ChatActions['enqueue'] = (input) => {
    const view = this.#view
    const id = newId()
    view.queue = [...view.queue, { id, input }]
    this.sendNext()
    view.show()
    return id
  }

  readonly dequeue: ChatActions['dequeue'] = (id) => {
    const view = this.#view
    const queue = view.queue.filter((item) => item.id !== id)
    if (queue.length === view.queue.length) return false
    view.queue = queue
    view.show()
    return true
  }

  /** Sends the first one, if nothing else is in progress. */
  sendNext(): void {
    const view = this.#view
    const { queue } = view
    const [next, ...rest] = queue
    if (next === undefined || view.isBusy || view.page?.isWaiting) return
    view.queue = rest
    let isSent = false
    callSafely(() => {
      isSent = this.#send(next.input)
    })
    if (!isSent) view.queue = queue
  }
}

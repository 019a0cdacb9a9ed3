/**
 * The versions of messages that were edited or regenerated.
 *
 * @module
 */

import type { Branch, ChatMessage } from './state.js'

type Messages = readonly ChatMessage[]

/** One version of what follows a message, while another one is shown. */
interface Tail {
  messages: Messages
  /** The forks inside of it: an edited message has the id of the earlier one. */
  forks: ReadonlyMap<string, Fork>
}

/** The versions of what follows one message. The one that is shown is not up to date here. */
interface Fork {
  tails: Tail[]
  shown: number
  /** The one that was shown before. */
  previous: number
}

const empty: Tail = { messages: [], forks: new Map() }

export class Branches {
  /** By the id of the message before the fork, which is empty for the beginning. */
  readonly #forks = new Map<string, Fork>()

  /** Makes what stands from a position on a branch, and another one, still empty, the one shown. */
  fork(messages: Messages, from: number): void {
    const id = messages[from - 1]?.id ?? ''
    const fork = this.#forks.get(id) ?? { tails: [], shown: 0, previous: 0 }
    this.#forks.set(id, fork)
    this.#hide(fork, messages.slice(from))
    fork.previous = fork.shown
    fork.shown = fork.tails.push(empty) - 1
  }

  /** @returns the messages with what stood there before the last fork, because nothing followed it */
  undo(messages: Messages): Messages {
    const id = messages.at(-1)?.id ?? ''
    const fork = this.#forks.get(id)
    if (fork === undefined) return messages
    fork.tails.splice(fork.shown, 1)
    fork.shown = fork.previous
    if (fork.tails.length === 1) this.#forks.delete(id)
    return [...messages, ...this.#show(fork)]
  }

  /** @returns the messages with another version; undefined if there is none */
  switch(messages: Messages, from: number, index: number): Messages | undefined {
    const fork = this.#forks.get(messages[from - 1]?.id ?? '')
    if (fork?.tails[index] === undefined || index === fork.shown) return undefined
    this.#hide(fork, messages.slice(from))
    fork.shown = index
    return [...messages.slice(0, from), ...this.#show(fork)]
  }

  #hide(fork: Fork, messages: Messages): void {
    const forks = new Map<string, Fork>()
    for (const { id } of messages) {
      const inside = this.#forks.get(id)
      if (inside !== undefined) forks.set(id, inside)
      this.#forks.delete(id)
    }
    fork.tails[fork.shown] = { messages, forks }
  }

  #show({ tails, shown }: Fork): Messages {
    const { messages, forks } = tails[shown] ?? empty
    for (const [id, fork] of forks) this.#forks.set(id, fork)
    return messages
  }

  /** The versions of these messages, by their ids. */
  of(messages: Messages): Readonly<Record<string, Branch>> {
    if (this.#forks.size === 0) return none
    const branches: Record<string, Branch> = {}
    let before = ''
    for (const { id } of messages) {
      const fork = this.#forks.get(before)
      if (fork !== undefined) branches[id] = { index: fork.shown, count: fork.tails.length }
      before = id
    }
    return branches
  }

  clear(): void {
    this.#forks.clear()
  }
}

const none: Readonly<Record<string, Branch>> = {}

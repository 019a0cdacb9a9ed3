/**
 * Listeners by the name of what they listen to.
 *
 * @module
 */

export class Listeners<Listener> {
  readonly #listeners = new Map<string, Set<Listener>>()

  get isEmpty(): boolean {
    return this.#listeners.size === 0
  }

  /** @returns removes the listener; does nothing when called again */
  add(name: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) {
        this.#listeners.delete(name)
      }
    }
  }

  /** A copy, because calling listeners may add or remove some. */
  of(name: string): Listener[] {
    return [...(this.#listeners.get(name) ?? [])]
  }

  /** A copy of all of them. */
  all(): Listener[] {
    return [...this.#listeners.values()].flatMap((listeners) => [...listeners])
  }
}

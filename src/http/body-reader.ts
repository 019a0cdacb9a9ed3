/**
 * How bodies are read: by callback, without a Web stream where the response allows it.
 *
 * @module
 */

/**
 * Takes the next chunk of a body, or undefined at its end. It has exactly one call for each read,
 * never from within `read()`, unless the body fails.
 */
export type OnChunk = (chunk: Uint8Array | undefined) => void

/** Reads one body, chunk by chunk. */
export interface BodyReader {
  /**
   * Requests the next chunk. One read at a time, and none after the end.
   *
   * @param onDrop - takes the error of a body that fails
   */
  read(onChunk: OnChunk, onDrop: (error: unknown) => void): void
  /** Frees everything at once. A pending read is no longer answered. */
  cancel(): void
}

/**
 * The key of a method of responses whose body needs no Web stream. Not Symbol.for: another copy of
 * this package reads the Web stream, whose shape never changes.
 */
export const takeBody: unique symbol = Symbol('sluice.takeBody')

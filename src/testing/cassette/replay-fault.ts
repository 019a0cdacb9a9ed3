/**
 * How a replayed answer fails.
 *
 * @module
 */

/** What goes wrong with a replayed answer. */
export type ReplayFault =
  /** `cut`: the connection breaks. `end`: the body ends. `stall`: nothing more comes. After so many bytes of the body. */
  | { kind: 'cut' | 'end' | 'stall'; afterBytes: number }
  /** The body comes in chunks of so many bytes, without regard for lines and characters. */
  | { kind: 'split'; chunkBytes: number }
  /** This status instead of the recorded answer. */
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** No answer at all, as when nobody listens. */
  | { kind: 'refuse' }

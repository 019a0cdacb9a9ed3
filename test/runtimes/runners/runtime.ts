/**
 * What the table needs of a runtime.
 */

/** What went wrong by check, null for what holds. */
export type Results = Record<string, string | null>

export interface Running {
  results: Results
  /** Where it serves; absent where a runtime does not. */
  serves?: string
  close: () => Promise<void>
}

export interface Runtime {
  name: string
  /** Checks that do not hold for a reason of the runtime's own. */
  explained?: Record<string, string>
  run: (provider: string, bundle: Bundle) => Promise<Running>
}

/** The suite in one file. */
export interface Bundle {
  /** As an ES module. */
  module: string
  /** As a script that sets `globalThis.suite`. */
  script: string
}

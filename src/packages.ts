/**
 * Packages that the user installs where they are needed.
 *
 * @module
 */

import { StreamError } from './errors.js'

/** The error for a package that is not installed; anything else as it came. */
export function missingPackage(name: string, cause: unknown): unknown {
  const { code } = (cause ?? {}) as { code?: unknown }
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return cause
  const message = `The package "${name}" is not installed. Run: npm install ${name}`
  return new StreamError('invalid-request', message, { cause })
}

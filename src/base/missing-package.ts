/**
 * Errors for optional packages that are not installed.
 *
 * @module
 */

import { StreamError } from './errors.js'

/**
 * The error for a package that is not installed, or too old to have a module. Any other error is
 * returned as it is.
 *
 * @param major - the required major version. Without it, npm may choose another one, depending on
 * the version of Node
 */
export function missingPackage(name: string, major: number, cause: unknown): unknown {
  const { code } = (cause ?? {}) as { code?: unknown }
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return cause
  const message = `The package "${name}" is not installed, or too old. Run: npm install ${name}@${major}`
  return new StreamError('invalid-request', message, { cause })
}

/**
 * Packages that the user installs where they are needed.
 *
 * @module
 */

import { StreamError } from './errors.js'

/**
 * The error for a package that is not installed, or lacks a module that later majors have; anything else as it came.
 *
 * @param major - the one that is needed: what npm installs without it depends on the version of Node
 */
export function missingPackage(name: string, major: number, cause: unknown): unknown {
  const { code } = (cause ?? {}) as { code?: unknown }
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return cause
  const message = `The package "${name}" is not installed, or too old. Run: npm install ${name}@${major}`
  return new StreamError('invalid-request', message, { cause })
}

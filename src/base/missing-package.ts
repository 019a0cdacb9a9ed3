/**
 * Packages that the user installs if they are needed.
 *
 * @module
 */

import { StreamError } from './errors.js'

/**
 * Returns a StreamError `setup` if a package is not installed, or lacks a module that later majors
 * have; any other error as it is.
 *
 * @param major - the required major: which one npm installs by default depends on the version of Node
 */
export function missingPackage(name: string, major: number, cause: unknown): unknown {
  const { code } = (cause ?? {}) as { code?: unknown }
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return cause
  const message = `The package "${name}" is not installed, or too old. Run: npm install ${name}@${major}`
  return new StreamError('setup', message, { cause })
}

/**
 * The version of Node.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'

/** The version that was accepted last: every stream has the same. */
let accepted: string | undefined = ''

/**
 * npm only warns about `engines`, and an older Node fails far from the cause.
 *
 * @param version - undefined in runtimes that have no version of Node
 * @throws StreamError `setup` below 22.12
 */
export function checkNode(version: string | undefined = ownVersion()): void {
  if (version === accepted) return
  const [major = 22, minor = 12] = version?.split('.').map(Number) ?? []
  if (major > 22 || (major === 22 && minor >= 12)) {
    accepted = version
    return
  }
  throw new StreamError('setup', `sluice needs Node 22.12 or later. This is Node v${version}.`)
}

function ownVersion(): string | undefined {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  return process?.versions?.node
}

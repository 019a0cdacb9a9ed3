/**
 * Names of tools that every provider accepts.
 *
 * @module
 */

import { shortHash } from '../base/short-hash.js'

/** OpenAI and Anthropic accept no longer ones. */
const maxLength = 64

/** Gemini also refuses names that begin with a digit or a hyphen. */
const accepted = /^[a-zA-Z_][a-zA-Z0-9_-]*$/

/**
 * The name for the model of each of a server's tools. A name that every provider accepts stays. In
 * others, refused characters become `_`, and a hash replaces the end of one that is too long. The
 * same list always gives the same names, in any order: calls in earlier messages refer to them.
 *
 * @param names - the server's own names, each once
 * @returns the name for the model, by the server's own name
 */
export function modelNames(names: readonly string[], prefix: string): Map<string, string> {
  const isFine = (name: string): boolean =>
    name.length <= maxLength && accepted.test(name) && name !== '__proto__'
  const fine = names.filter((name) => isFine(prefix + name))
  const result = new Map(fine.map((name) => [name, prefix + name]))
  const taken = new Set(result.values())
  const others = names.filter((name) => !result.has(name)).toSorted()
  for (const name of others) {
    const legal = (prefix + name).replaceAll(/[^a-zA-Z0-9_-]/g, '_').replace(/^(?=[^a-zA-Z_])/, '_')
    let written = legal
    for (let round = 0; !isFine(written) || taken.has(written); round++) {
      const suffix = `_${shortHash(round === 0 ? name : `${name} ${round}`)}`
      written = (legal || 'tool').slice(0, maxLength - suffix.length) + suffix
    }
    taken.add(written)
    result.set(name, written)
  }
  return result
}

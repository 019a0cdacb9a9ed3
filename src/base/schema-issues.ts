/**
 * The issues that a schema finds in a value, in words.
 *
 * @module
 */

import type { StandardIssue } from './schema.js'

/** How many are named. */
const maxIssues = 5

export function describeIssues(issues: readonly StandardIssue[]): string {
  const sentences = issues.slice(0, maxIssues).map(({ path = [], message }) => {
    const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return place === '' ? message : `${place}: ${message}`
  })
  return sentences.join('; ')
}

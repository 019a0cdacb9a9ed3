/**
 * Compares values of plain JSON.
 *
 * @module
 */

/** Whether two values have the same JSON, in whichever order their fields are. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object') return false
  if (one === null || other === null || Array.isArray(one) !== Array.isArray(other)) return false
  const first = definedFields(one)
  const second = new Map(definedFields(other))
  if (first.length !== second.size) return false
  return first.every(([name, value]) => second.has(name) && isSameJson(value, second.get(name)))
}

function definedFields(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, field]) => field !== undefined)
}

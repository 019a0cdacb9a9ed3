/**
 * Reads JSON that may be anything: what a provider sends is not trusted to have the documented
 * shape.
 *
 * @module
 */

export type Json = Record<string, unknown>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The string, or undefined for anything else and for the empty string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function recordsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** A count of tokens, under the first of the names that holds one. */
export function countOf(record: unknown, ...names: readonly string[]): number | undefined {
  if (!isRecord(record)) return undefined
  const name = names.find((each) => Number.isFinite(record[each]))
  return name === undefined ? undefined : (record[name] as number)
}

/** As by an assignment, which would set the prototype. */
const own = { configurable: true, enumerable: true, writable: true }

/** The object without its undefined values. */
export function compact<T extends object>(
  record: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present: Json = {}
  // A loop: every request calls this a dozen times, and entries take three times as long.
  for (const name of Object.keys(record)) {
    const value = (record as Json)[name]
    if (value === undefined) continue
    if (name === '__proto__') Object.defineProperty(present, name, { ...own, value })
    else present[name] = value
  }
  return present as { [K in keyof T]?: Exclude<T[K], undefined> }
}

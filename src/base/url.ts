/**
 * `URL.canParse()`, which Chrome has only from 120 on and Safari from 17 on.
 *
 * @module
 */

export function isValidUrl(url: string | URL, base?: string): boolean {
  try {
    return Boolean(new URL(url, base))
  } catch {
    return false
  }
}

/**
 * Checks of addresses.
 *
 * @module
 */

/** `URL.canParse()`, which Chrome has only from 120 on and Safari from 17 on. */
export function isValidUrl(url: string | URL, base?: string): boolean {
  try {
    return Boolean(new URL(url, base))
  } catch {
    return false
  }
}

/** Whether an address holds a name or a password, as in `https://name:password@host`. */
export function hasLogin(url: URL | undefined): boolean {
  return Boolean(url?.username || url?.password)
}

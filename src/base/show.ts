/**
 * Formats values for error messages.
 *
 * @module
 */

/** A value in about 80 characters at most, without probable secrets. */
export function show(value: unknown): string {
  if (typeof value === 'function') return value.name ? `the function ${value.name}()` : 'a function'
  if (typeof value === 'string') return JSON.stringify(shorten(withoutLogin(value)))
  if (typeof value !== 'object' || value === null) return String(value)
  const className: unknown = value.constructor?.name
  // An instance may be as large as a request with all of its headers.
  if (typeof className === 'string' && className !== 'Object' && className !== 'Array') {
    return `an instance of ${className}`
  }
  try {
    return shorten(JSON.stringify(value, withoutSecrets))
  } catch {
    return 'an object'
  }
}

const secretName = /key|token|secret|passw|auth|cookie|credential|header/i

function withoutSecrets(key: string, value: unknown): unknown {
  if (typeof value === 'string') return secretName.test(key) ? '…' : withoutLogin(value)
  return typeof value === 'object' && secretName.test(key) ? '…' : value
}

/** Removes the name and the password of URLs. */
function withoutLogin(text: string): string {
  return text.replace(/\/\/[^/\s]*@/g, '//…@')
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

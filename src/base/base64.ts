/**
 * Base64 in every runtime.
 *
 * @module
 */

export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  // In slices, because the arguments of a call must fit on the stack.
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(binary)
}

/** Decodes base64 to text; undefined if it is not base64. */
export function decodeText(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return new TextDecoder().decode(bytes)
  } catch {
    return undefined
  }
}

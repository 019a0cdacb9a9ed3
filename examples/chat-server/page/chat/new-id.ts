/**
 * Ids of conversations and turns. `crypto.randomUUID` is missing where a page comes by plain HTTP
 * from another machine.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, '0')).join('')
}

/**
 * The checksum of AWS event streams, which is that of gzip and PNG.
 *
 * @module
 */

const table = /* @__PURE__ */ createTable()

function createTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
    return sum
  })
}

/** The CRC-32 of the bytes, as an unsigned integer. */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (let at = 0; at < bytes.length; at++) {
    sum = (table[(sum ^ (bytes[at] as number)) & 0xff] as number) ^ (sum >>> 8)
  }
  return (sum ^ 0xffffffff) >>> 0
}

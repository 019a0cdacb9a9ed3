import * as fc from 'fast-check'

const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }),
  fc.integer({ min: 0x80, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
  // What readers of lines may take for an end, and a byte order mark.
  fc.constantFrom(0x0a, 0x0d, 0x85, 0x2028, 0x2029, 0xfeff),
)

/**
 * Any text without halves of surrogate pairs, for properties.
 *
 * As `fc.string({ unit: 'binary' })`, whose first use sorts all code points for a second.
 */
export function anyText({ maxLength }: { maxLength?: number } = {}): fc.Arbitrary<string> {
  const unit = codePoint.map((code) => String.fromCodePoint(code))
  return fc.string({ unit, ...(maxLength === undefined ? {} : { maxLength }) })
}

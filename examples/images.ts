/**
 * A picture goes out with the question, by its bytes; an URL or base64 do as well. Run it with `npm run example examples/images.ts`; the
 * path of a picture behind that sends this one.
 */

import { readFile } from 'node:fs/promises'
import { createStream } from 'sluice'
import { model } from './model.ts'

const file = process.argv[2]
const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const data = file === undefined ? pixel : await readFile(file)

const driver = model({
  answer: ({ body }) =>
    JSON.stringify(body).includes('data:image/') ? 'I see a picture.' : 'I see nothing.',
})
const content = [
  { type: 'text' as const, text: 'What is in this picture?' },
  { type: 'image' as const, data },
]
console.log(await createStream({ driver, messages: [{ role: 'user', content }] }).text())

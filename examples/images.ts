/**
 * Sends a picture with a question. Run it with `npm run example examples/images.ts`; with the path of a
 * picture after it, that one is sent. Without a key, a simulated model answers: it cannot see, and
 * only reports how many bytes it received.
 */

import { readFile } from 'node:fs/promises'
import { createStream, type Message } from 'sluice'
import { model } from './model.ts'

const path = process.argv[2] ?? new URL('boat.png', import.meta.url)
const data = await readFile(path)

const driver = model({
  answer: ({ body }) => {
    const [, base64 = ''] = /data:image\/png;base64,([^"]*)/.exec(JSON.stringify(body)) ?? []
    return `I received a picture of ${Buffer.from(base64, 'base64').length} bytes.`
  },
})
const messages: Message[] = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'What is in this picture?' },
      { type: 'image', data }, // bytes, base64 or a URL
    ],
  },
]

for await (const event of createStream({ driver, messages })) {
  if (event.type === 'content' && event.kind === 'text') process.stdout.write(event.text)
  if (event.type === 'error') console.error(event.error.message)
}
console.log()

/**
 * A tool call that a person has to approve, in the terminal. The turn ends while the call waits, and the
 * next request continues it: a second later, or in another process next week. Run it with
 * `npm run example examples/approvals.ts`.
 */

import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { createStream, type Message, type ToolApprovalPart, tool } from 'sluice'
import { z } from 'zod'
import { model } from './model.ts'

const order = z.string().meta({ examples: ['A-17'] })
const refund = tool({
  description: 'Refunds an order.',
  parameters: z.object({ order, amount: z.number().meta({ examples: [120] }) }),
  approve: ({ amount }) => amount > 100,
  once: true,
  run: ({ amount }, { key }) => `Paid ${amount} euros. The reference is ${key}.`,
})
const tools = { refund }
const driver = model()
// Calls in the messages run only if this key has sealed them. Keep it for as long as they may wait.
const signingKey = process.env.SIGNING_KEY ?? randomBytes(32)

const messages: Message[] = [{ role: 'user', content: 'A refund for order A-17, please.' }]
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
for (;;) {
  const { text, message, waiting } = await createStream({
    driver,
    messages,
    tools,
    signingKey,
  }).final()
  if (text !== '') console.log(text)
  if (waiting === undefined) break
  const approvals: ToolApprovalPart[] = []
  for (const { id, name, input } of waiting) {
    process.stdout.write(`Allow ${name} ${JSON.stringify(input)}? (y/n) `)
    const { value: said } = await answers.next()
    approvals.push({ type: 'tool-approval', id, approved: said === 'y' })
  }
  messages.push(message, { role: 'tool', content: approvals })
}
process.stdin.destroy()

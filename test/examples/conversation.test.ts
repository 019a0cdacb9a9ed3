import { expect, test } from 'vitest'
import { Example } from './child.ts'

test('the model is sent what was said before, and an empty line ends the chat', async () => {
  await using example = new Example('conversation.ts')
  await example.prints(/^> /)
  example.process.stdin.write('My name is Ada.\n')
  await example.prints(/You asked: "My name is Ada\."[^]*\(2 messages\)\n> $/)
  example.process.stdin.write('What is my name?\n')
  await example.prints(/It began with: "My name is Ada\."[^]*\(4 messages\)\n> $/)
  example.process.stdin.write('\n')
  expect(await example.ended()).toBe(0)
  expect(example.errors).toBe('')
})

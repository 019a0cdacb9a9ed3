import { expect, test } from 'vitest'
import { Example } from './child.ts'

test('the tool of the MCP server runs, its result reaches the model, and both processes end', async () => {
  await using example = new Example('mcp.ts')
  expect(await example.ended()).toBe(0)
  expect(example.errors).toBe('')
  expect(example.output).toMatch(/^temperature: { celsius: 7 }$/m)
  expect(example.output).toMatch(/^It is 7 °C in Oslo\. Take a coat\.$/m)
})

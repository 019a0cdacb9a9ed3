import { expect, test } from 'vitest'
import { Example } from './child.ts'

test('the recipe is printed as it grows, and once it is whole', async () => {
  await using example = new Example('structured-output.ts')
  expect(await example.ended()).toBe(0)
  expect(example.errors).toBe('')
  const lines = example.output.trim().split('\n')
  expect(lines.length).toBeGreaterThan(3)
  expect(lines.at(-1)).toBe('whole: Soup, in 2 steps')
  const whole = '{"name":"Soup","steps":["Boil water","Add vegetables"]}'
  expect(lines.at(-2)).toBe(`so far: ${whole}`)
  expect(lines[0]).not.toBe(lines.at(-2))
})

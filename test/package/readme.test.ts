/**
 * The pages that npm shows without the repository around them.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readParts } from '../../bench/footprint/run.ts'
import { fieldsOf, readAddress } from '../../scripts/address.ts'
import { root } from './pack.js'

const readme = readFileSync(join(root, 'README.md'), 'utf8')

// test/docs checks that those into the repository lead to files.
test.each(['README.md', 'CHANGELOG.md'])('every link of %s works on npm', (page) => {
  const text = readFileSync(join(root, page), 'utf8')
  const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target)
  expect(targets.length).toBeGreaterThan(0)
  expect(targets.filter((target) => !target.startsWith('https://'))).toEqual([])
  const hosted = targets.filter((target) => target.includes('/sluice/'))
  expect(hosted.filter((target) => !target.startsWith(`${readAddress()}/`))).toEqual([])
})

test('the README has an install line by line 5, code by line 20, and 150 lines at most', () => {
  const lines = readme.trimEnd().split('\n')
  expect(lines.slice(0, 5).join('\n')).toMatch(/^npm install sluice /m)
  expect(lines.slice(0, 20).join('\n')).toMatch(/^import \{.*\} from 'sluice'$/m)
  expect(lines.length).toBeLessThanOrEqual(150)
})

test('the sizes in the README are the limits that `npm run size` enforces', () => {
  const [, server, page] =
    /^Less than (\d+) kB with a driver and server-sent events, and (\d+) kB for `useStream`/m.exec(
      readme,
    ) ?? []
  const parts = readParts()
  const [whole] = parts
  const hook = parts.find(({ name }) => name === 'useStream')
  expect(whole).toMatchObject({ isOneFile: true, imports: { compatible: ['compatible'] } })
  expect(Number(server)).toBe(Math.ceil((whole?.limitBytes ?? 0) / 1000))
  expect(Number(page)).toBe(Math.ceil((hook?.limitBytes ?? 0) / 1000))
})

test('the addresses in package.json derive from the repository', () => {
  const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(packageJson).toMatchObject(fieldsOf(readAddress()))
})

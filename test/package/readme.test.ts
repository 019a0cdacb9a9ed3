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

test('the README has an install line and code before line 20', () => {
  const head = readme.split('\n').slice(0, 20).join('\n')
  expect(head).toMatch(/^npm install sluice /m)
  expect(head).toMatch(/^import \{.*\} from 'sluice'$/m)
})

test('the size in the README is the limit that `npm run size` enforces', () => {
  const [, kilobytes] =
    /^Less than (\d+) kB with a driver and server-sent events/m.exec(readme) ?? []
  const [whole] = readParts()
  expect(whole).toMatchObject({ isOneFile: true, imports: { compatible: ['compatible'] } })
  expect(Number(kilobytes)).toBe(Math.ceil((whole?.limitBytes ?? 0) / 1000))
})

test('the addresses in package.json derive from the repository', () => {
  const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(packageJson).toMatchObject(fieldsOf(readAddress()))
})

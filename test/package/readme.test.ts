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

/** The cells of the tables of a page, by the first cell of a row and its column. */
function cellsOf(page: string): Map<string, string[]> {
  const cells = new Map<string, string[]>()
  let head: string[] = []
  for (const line of page.split('\n')) {
    const row = /^\| (.*) \|$/.exec(line.replace(/^\|\s+\|/, '| – |'))?.[1]?.split(' | ')
    if (row === undefined) head = []
    else if (head.length === 0) head = row
    else {
      for (const [at, cell] of row.entries()) {
        const key = `${row[0]}: ${head[at]}`
        cells.set(key, [...(cells.get(key) ?? []), cell])
      }
    }
  }
  return cells
}

const columns = {
  'body ends early': 'end without terminal event',
  'connection cut': 'connection cut',
  'error in the stream': 'in-band error',
  '503': '503',
  stall: 'stall',
}

/** Rows of the tables of loops have other names, and the second cell says what a second call gives. */
const loops = {
  '**sluice**': 'sluice',
  openai: 'openai, runTools()',
  '@anthropic-ai/sdk': 'anthropic, toolRunner()',
  ai: 'ai',
  'ai, with `streamRetries: 2`': 'ai, with streamRetries',
  'TanStack AI': 'TanStack AI',
  'pi-ai': 'pi-agent-core',
}

test('the cells of the comparison in the README are those that were measured', () => {
  const measured = cellsOf(readFileSync(join(root, 'docs/comparison.md'), 'utf8'))
  const shown = cellsOf(readme)
  for (const name of [...Object.keys(loops), 'LangChain']) {
    for (const [column, original] of Object.entries(columns)) {
      const [cell] = shown.get(`${name}: ${column}`) ?? []
      const [found] = measured.get(`${name.replaceAll('**', '')}: ${original}`) ?? []
      expect([name, column, cell]).toEqual([name, column, found])
    }
  }
  for (const [name, original] of Object.entries(loops)) {
    const [cell] = shown.get(`${name}: step 2 of a tool loop is cut`) ?? []
    // Only the cells of loops count the runs of the tool, in parentheses.
    const found = measured.get(`${original}: connection cut`)?.find((each) => / \(\d\)/.test(each))
    expect([name, cell]).toEqual([name, found?.replace(/ \(.*/, '')])
  }
})

test('the addresses in package.json derive from the repository', () => {
  const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(packageJson).toMatchObject(fieldsOf(readAddress()))
})

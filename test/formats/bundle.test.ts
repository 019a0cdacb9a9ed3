import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bundle, bundle } from '../support/bundle.js'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function bundleOf(names: string, from: string): Promise<Bundle> {
  const entry = join(folder, `${names.replaceAll(/\W+/g, '-')}.js`)
  await writeFile(entry, `export { ${names} } from '${from}'`)
  return bundle(entry)
}

test('whoever writes events or text does not pay for the formats of others', async () => {
  const { modules, gzipBytes } = await bundleOf('sse, ndjson, plainText', 'sluice')
  expect(modules.filter((module) => /ai-sdk|ag-ui|openai-chat/.test(module))).toEqual([])
  expect(gzipBytes).toBeLessThan(2_800)
})

/** What they measure, and a little room. Half of it is what all formats share. */
test.each([
  ['aiSdk', 3_200],
  ['agUi', 3_700],
  ['openaiChat', 3_200],
])('%s is small, and brings neither of the others along', async (name, maxBytes) => {
  const { modules, gzipBytes } = await bundleOf(name, 'sluice/formats')
  const others = modules.filter((module) => /formats\/(ai-sdk|ag-ui|openai-chat)/.test(module))
  expect(others.length).toBeLessThanOrEqual(name === 'agUi' ? 2 : 1)
  expect(gzipBytes).toBeLessThan(maxBytes)
})

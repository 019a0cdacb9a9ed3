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

test('a bundle of sse, ndjson and plainText holds no format of another library', async () => {
  const { modules } = await bundleOf('sse, ndjson, plainText', 'sluice')
  expect(modules.filter((module) => /ai-sdk|ag-ui|openai-chat/.test(module))).toEqual([])
})

test.each([
  ['aiSdk', 4],
  ['agUi', 3],
  ['openaiChat', 1],
])('a bundle of %s holds no other format of another library', async (name, ownFiles) => {
  const { modules } = await bundleOf(name, 'sluice/formats')
  const found = modules.filter((module) => /formats\/(ai-sdk|ag-ui|openai-chat)/.test(module))
  expect(found).toHaveLength(ownFiles)
})

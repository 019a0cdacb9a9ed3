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

async function bundleOf(name: string, from = 'sluice/client'): Promise<Bundle> {
  const entry = join(folder, `${name}.js`)
  await writeFile(entry, `export { ${name} } from '${from}'`)
  return bundle(entry)
}

/** What they measure, and a little room. */
test.each([
  ['readStream', 7_400],
  ['connect', 10_000],
])(
  '%s goes into a browser with nothing of Node, nor of what asks providers',
  async (name, maxBytes) => {
    const { modules, imports, gzipBytes } = await bundleOf(name)
    expect(imports).toEqual([])
    expect(
      modules.filter((module) =>
        /node:|vite-browser-external|p-retry|src\/(drivers|wires)\//.test(module),
      ),
    ).toEqual([])
    expect(modules.some((module) => module.includes('eventsource-parser'))).toBe(true)
    expect(gzipBytes).toBeLessThan(maxBytes)
  },
)

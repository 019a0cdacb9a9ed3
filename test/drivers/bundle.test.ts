import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

test.each([
  ['compatible', []],
  ['gemini', []],
  ['openai', []],
  ['anthropic', ['src/http/aws-event-stream.ts', 'src/http/crc32.ts']],
])('a bundle of %s in one file holds %j of AWS event streams', async (name, expected) => {
  const { metafile } = await build({
    stdin: { contents: `export { ${name} } from './src/entries/${name}.ts'`, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    packages: 'external',
    write: false,
    metafile: true,
  })
  const modules = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    ),
  )
  expect(modules).toContain('src/attempt/http-driver.ts')
  expect(modules.filter((module) => /aws|crc32/.test(module)).toSorted()).toEqual(expected)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type InstalledPackage, installPackage, readEntries, readPackageJson } from './pack.js'

let installed: InstalledPackage

beforeAll(async () => {
  installed = await installPackage()
}, 120_000)

afterAll(() => installed[Symbol.asyncDispose]())

const formats = ['mjs', 'cjs'] as const

function load(extension: (typeof formats)[number], path: string): string {
  return extension === 'mjs' ? `import('${path}')` : `(async () => require('${path}'))()`
}

interface Failure {
  name: string
  code: string
  message: string
}

/** @param use - code that does something with the `entry` and has to fail */
async function fail(
  extension: (typeof formats)[number],
  path: string,
  use: string,
): Promise<Failure> {
  const code = `
    ${load(extension, 'sluice')}.then(async ({ createStream }) => {
      const entry = await ${load(extension, path)}
      const ask = (driver) => createStream({ driver, prompt: 'p', retry: false }).text()
      ${use}
    }).then(
      () => console.log('{}'),
      ({ name, code, message }) => console.log(JSON.stringify({ name, code, message })),
    )`
  return JSON.parse(await installed.runFile(`missing.${extension}`, code)) as Failure
}

/** A use of the entry that needs the package. */
const cases: Record<string, { path: string; use: string }> = {
  openai: { path: 'sluice/openai', use: `await ask(entry.openai({ model: 'm', apiKey: 'k' }))` },
  '@anthropic-ai/sdk': {
    path: 'sluice/anthropic',
    use: `await ask(entry.anthropic({ model: 'm', apiKey: 'k' }))`,
  },
  jsonriver: {
    path: 'sluice/partial-json',
    use: `await entry.partialJson((async function* () {})()).next()`,
  },
}

test.each(formats)(
  'every entry but those of frameworks loads without any optional package, in .%s',
  async (extension) => {
    const frameworks = ['sluice/react', 'sluice/vue', 'sluice/svelte', 'sluice/solid']
    const all = Object.keys(await readEntries())
    const entries = all.filter((path) => !frameworks.includes(path))
    const code = `Promise.all([${entries.map((path) => load(extension, path)).join(',\n')}])
    .then((all) => console.log(all.length))`
    expect(await installed.runFile(`load.${extension}`, code)).toBe(String(entries.length))
  },
)

test('every optional package is covered here', async () => {
  const { peerDependencies } = await readPackageJson()
  const frameworks = ['react', 'solid-js', 'svelte', 'vue']
  const others = ['@modelcontextprotocol/sdk', '@opentelemetry/api', ...frameworks]
  expect([...Object.keys(cases), ...others].toSorted()).toEqual(
    Object.keys(peerDependencies).toSorted(),
  )
})

test.each(formats)(
  'a missing package is named with the major version to install, in .%s',
  async (extension) => {
    const { peerDependencies } = await readPackageJson()
    for (const [name, { path, use }] of Object.entries(cases)) {
      const major = /\d+/.exec(peerDependencies[name] ?? '')?.[0]
      expect(await fail(extension, path, use)).toEqual({
        name: 'StreamError',
        code: 'setup',
        message: `The package "${name}" is not installed, or too old. Run: npm install ${name}@${major}`,
      })
    }
  },
)

test.each(formats)(
  'telemetry says which package to install and pass in, in .%s',
  async (extension) => {
    const failure = await fail(extension, 'sluice/otel', 'entry.telemetry()')
    expect(failure.name).toBe('TypeError')
    expect(failure.message).toContain('npm install @opentelemetry/api')
  },
)

test.each(formats)('mcpTools() says what to pass in, in .%s', async (extension) => {
  const failure = await fail(extension, 'sluice/mcp', 'await entry.mcpTools()')
  expect(failure.name).toBe('TypeError')
  expect(failure.message).toContain('@modelcontextprotocol/sdk')
})

test.each(formats)('the runtime names React if it is missing, in .%s', async (extension) => {
  // Hooks need React at once, and a bundler has to see the import: no code of ours runs before
  // it fails.
  const { code, message } = await fail(extension, 'sluice/react', '')
  expect(code).toMatch(/MODULE_NOT_FOUND$/)
  expect(message).toMatch(/Cannot find (package|module) 'react'/)
})

test('an SDK that is too old fails with another message than one that is broken', async () => {
  const { use } = cases['@anthropic-ai/sdk'] as { use: string }
  const folder = 'node_modules/@anthropic-ai/sdk'
  const packageJson = { name: '@anthropic-ai/sdk', exports: { './*': './*.mjs' } }
  await installed.write(`${folder}/package.json`, JSON.stringify(packageJson))
  const old = await fail('mjs', 'sluice/anthropic', use)
  expect(old.message).toContain('too old. Run: npm install @anthropic-ai/sdk@1')
  await installed.write(`${folder}/client.mjs`, `throw new Error('It is broken.')`)
  const broken = await fail('mjs', 'sluice/anthropic', use)
  expect(broken.message).toContain('It is broken.')
})

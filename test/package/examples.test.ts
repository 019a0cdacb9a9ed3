/**
 * The page about the examples: what it says they need, and that they run outside of the repository.
 */

import { execFile } from 'node:child_process'
import { cp, readFile, stat } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { installPackage, root } from './pack.js'

const run = promisify(execFile)
const examples = join(root, 'examples')
const page = await readFile(join(examples, 'README.md'), 'utf8')

/** The files of the tables, and the packages that they need. */
const rows = [...page.matchAll(/^\| \[([^\]]+\.ts)\].*\|([^|]*)\|$/gm)].map(
  ([, file = '', needs = '']) => ({
    file,
    needs: [...needs.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  }),
)

/** The packages that a file and the files that it names import. */
async function packagesOf(file: string, seen = new Set<string>()): Promise<Set<string>> {
  const packages = new Set<string>()
  if (seen.has(file)) return packages
  seen.add(file)
  const text = await readFile(join(examples, file), 'utf8')
  for (const [, name = ''] of text.matchAll(/(?:from |new URL\()'([^']+)'/g)) {
    if (name.startsWith('node:') || /^sluice(\/|$)/.test(name)) continue
    const path = normalize(join(dirname(file), name))
    if (name.startsWith('.') || name === 'mcp-server.ts') {
      for (const other of await packagesOf(path, seen)) packages.add(other)
    } else if (!name.endsWith('.png')) {
      packages.add(/^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
    }
  }
  return packages
}

test('the page about the examples names the packages that each of them imports', async () => {
  expect(rows.length).toBeGreaterThan(15)
  // The package loads these when they are used.
  const loaded = new Set(['@anthropic-ai/sdk', 'jsonriver'])
  for (const { file, needs } of rows) {
    const listed = needs.filter((name) => !loaded.has(name))
    expect(`${file}: ${listed.join()}`).toBe(
      `${file}: ${[...(await packagesOf(file))].toSorted().join()}`,
    )
  }
})

test('the pictures on the page about the examples are there, and small', async () => {
  const pictures = [...page.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = '']) => path)
  expect(pictures.length).toBeGreaterThan(3)
  for (const path of pictures) {
    expect((await stat(join(examples, path))).size, path).toBeLessThan(60_000)
  }
})

test('links on the page about the examples lead to files', async () => {
  const links = [...page.matchAll(/[^!]\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(25)
  for (const path of links) await stat(join(examples, path))
})

test('examples run outside of the repository, with the packages that their page names', async () => {
  await using installed = await installPackage()
  await cp(examples, join(installed.folder, 'examples'), {
    recursive: true,
    filter: (path) => !/\/(node_modules|\.next|\.wrangler)$/.test(path),
  })
  await installed.link('openai', '@modelcontextprotocol/sdk', 'jsonriver', 'zod')
  await installed.write('examples/package.json', '{ "type": "module" }')
  // Those that read the terminal wait for a person, and servers do not end.
  const isAlone = (file: string): boolean =>
    !/\/|^(approvals|conversation|summarize|resumable|read-json)/.test(file)
  const alone = rows.map(({ file }) => file).filter(isAlone)
  expect(alone).toHaveLength(10)
  const options = { cwd: join(installed.folder, 'examples'), env: { PATH: process.env.PATH } }
  await Promise.all(
    alone.map(async (file) => {
      const { stdout, stderr } = await run(process.execPath, [file], options)
      expect(`${file} ${stderr}`).toBe(`${file} `)
      expect(stdout.length, file).toBeGreaterThan(20)
    }),
  )
}, 120_000)

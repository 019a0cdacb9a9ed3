/**
 * The address of the repository. It stands in `repository` of package.json, and the other fields and all links derive
 * from it. `npm run address -- https://github.com/owner/name` changes it everywhere.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface AddressFields {
  homepage: string
  bugs: string
  author: string
  repository: { type: 'git'; url: string }
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** Until the repository has an address. `npm run release:check` refuses it. */
export const placeholder = 'https://github.com/OWNER/sluice'

export function readAddress(): string {
  const { repository } = JSON.parse(read('package.json')) as AddressFields
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '')
}

/** The fields of package.json that derive from an address. */
export function fieldsOf(address: string): AddressFields {
  return {
    homepage: `${address}#readme`,
    bugs: `${address}/issues`,
    author: `The sluice maintainers (${address})`,
    repository: { type: 'git', url: `git+${address}.git` },
  }
}

if (import.meta.main) {
  const [address = ''] = process.argv.slice(2)
  if (!/^https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+$/.test(address)) {
    console.error(
      `"${address}" is not an address. Run: npm run address -- https://github.com/owner/name`,
    )
    process.exit(1)
  }
  const before = readAddress()
  const packageJson = JSON.parse(read('package.json')) as object
  write('package.json', `${JSON.stringify({ ...packageJson, ...fieldsOf(address) }, null, 2)}\n`)
  const pages = execFileSync('git', ['ls-files', '*.md', 'examples/starters'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const path of pages.trim().split('\n')) {
    const text = read(path)
    if (text.includes(before)) write(path, text.replaceAll(before, address))
  }
}

function read(path: string): string {
  return readFileSync(root + path, 'utf8')
}

function write(path: string, text: string): void {
  writeFileSync(root + path, text)
  console.log(`wrote ${path}`)
}

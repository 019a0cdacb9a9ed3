/**
 * Checks everything that a release needs: `npm run release:check`. It prints each check, stops at the first that fails
 * with what to do about it, and publishes nothing.
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { placeholder, readAddress } from './address.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface PackageJson {
  version: string
  private?: boolean
  publishConfig?: { access?: string; provenance?: boolean }
  dependencies: Record<string, string>
  scripts: Record<string, string>
}

const packageJson = JSON.parse(read('package.json')) as PackageJson
const { version } = packageJson

check('the checkout is clean', () => {
  const changes = git('status', '--porcelain')
  if (changes !== '') fail(`these files are not committed:\n${changes}`, 'Commit or remove them.')
})

check('it is the branch main', () => {
  const branch = git('branch', '--show-current')
  if (branch !== 'main') fail(`the branch is "${branch}".`, 'Run: git switch main')
})

check('the version is new, and the same everywhere', () => {
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    fail(`the version is "${version}".`, 'Write three numbers into package.json.')
  }
  const lock = JSON.parse(read('package-lock.json')) as { version: string }
  if (lock.version !== version) {
    fail(`package-lock.json has ${lock.version}, package.json ${version}.`, 'Run: npm install')
  }
  if (git('tag', '--list', `v${version}`) !== '') {
    fail(`there is a tag v${version}.`, 'Raise the version in package.json, and run: npm install')
  }
})

check('the changelog begins with this version and its date', () => {
  const [heading = 'no heading'] = /^## .*$/m.exec(read('CHANGELOG.md')) ?? []
  const [, headed, date = ''] = /^## (\S+) \((\d{4}-\d{2}-\d{2})\)$/.exec(heading) ?? []
  if (headed !== version || Number.isNaN(Date.parse(date))) {
    const wanted = `## ${version} (${new Date().toISOString().slice(0, 10)})`
    fail(`CHANGELOG.md begins with "${heading}".`, `Write what is new under: ${wanted}`)
  }
})

check('the repository has an address', () => {
  const address = readAddress()
  if (address === placeholder) {
    const command = 'npm run address -- https://github.com/owner/name'
    fail(`the address of the repository is the placeholder ${address}.`, `Run: ${command}`)
  }
  const left = spawnSync('git', ['grep', '-lF', placeholder], { cwd: root, encoding: 'utf8' })
  const files = left.stdout
    .split('\n')
    .filter((path) => path !== '' && path !== 'scripts/address.ts')
  if (files.length > 0) {
    fail(`the placeholder is still in ${files.join(', ')}.`, `Replace it with ${address}.`)
  }
})

check('it needs two packages at run time, and runs nothing when it is installed', () => {
  const needed = Object.keys(packageJson.dependencies).toSorted().join(', ')
  if (needed !== 'eventsource-parser, p-retry') {
    fail(
      `the dependencies are ${needed}.`,
      'What users hand in is a peer, the rest a devDependency.',
    )
  }
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare'].filter(
    (name) => name in packageJson.scripts,
  )
  if (hooks.length > 0) fail(`there are the scripts ${hooks.join(', ')}.`, 'Remove them.')
  if (packageJson.private === true) fail('it is private.', 'Remove "private" from package.json.')
})

check('it is published with a proof of where it was built', () => {
  const { access, provenance } = packageJson.publishConfig ?? {}
  if (access !== 'public' || provenance !== true) {
    const wanted = '"publishConfig": { "access": "public", "provenance": true }'
    fail('publishConfig has changed.', `Write into package.json: ${wanted}`)
  }
})

check('the source holds no leftovers and no keys', () => {
  const forbidden = [
    String.raw`debugger;?$`,
    String.raw`\b(TODO|FIXME|XXX)\b`,
    String.raw`^\s*console\.`,
    String.raw`\b(sk-(proj-|ant-)?[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{30,}|gsk_[A-Za-z0-9]{20,})`,
  ].join('|')
  const found = spawnSync('git', ['grep', '-nP', forbidden, '--', 'src', 'README.md'], {
    cwd: root,
    encoding: 'utf8',
  })
  // 1: nothing was found.
  if (found.status !== 1) fail(`${found.stdout}${found.stderr}`, 'Remove these lines.')
})

check('all that .ci/run looks at', () => {
  const { status } = spawnSync('.ci/run', { cwd: root, stdio: 'inherit' })
  if (status !== 0) fail(`.ci/run ended with ${status}.`, 'Its last lines say which step failed.')
})

check('the checkout is still clean', () => {
  const changes = git('status', '--porcelain')
  if (changes !== '') {
    fail(`the checks have changed files:\n${changes}`, 'Commit what the build makes, or ignore it.')
  }
})

console.log(`\nVersion ${version} is ready. What is left:
  git tag v${version} && git push origin main v${version}
  npm publish

Run \`npm publish\` in a CI job of the repository with the permission \`id-token: write\`. Only there can npm
prove which commit the package was built from; elsewhere it refuses, unless you add --provenance=false.`)

function check(what: string, look: () => void): void {
  console.log(`- ${what}`)
  look()
}

function fail(what: string, remedy: string): never {
  console.error(`\nNot ready: ${what.trim()}\n${remedy}`)
  process.exit(1)
}

function read(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8')
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
}

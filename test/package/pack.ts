/**
 * The package as its users get it: packed, and installed in an empty folder.
 */

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

interface PackageJson {
  exports: Record<string, { import: { types: string; default: string } } | string>
  peerDependencies: Record<string, string>
}

export async function readPackageJson(): Promise<PackageJson> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as PackageJson
}

/** As they are imported, such as `sluice/openai`. */
export async function readEntries(): Promise<string[]> {
  const { exports } = await readPackageJson()
  return Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => path.replace('.', 'sluice'))
}

export interface InstalledPackage extends AsyncDisposable {
  readonly folder: string
  /** Of the tarball, in bytes. */
  readonly sizeBytes: number
  /** Inside of the package. */
  readonly files: string[]
  /** Links packages of this checkout beside the installed one. */
  link(...names: string[]): Promise<void>
  write(name: string, content: string): Promise<void>
  /** @returns what the file prints */
  runFile(name: string, content: string, flags?: string[]): Promise<string>
}

export async function installPackage(): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-package-'))
  const flags = ['--ignore-scripts', '--json', '--pack-destination', folder]
  const { stdout } = await run('npm', ['pack', ...flags], { cwd: root, maxBuffer: 2 ** 24 })
  const [packed] = JSON.parse(stdout) as {
    filename: string
    size: number
    files: { path: string }[]
  }[]
  if (packed === undefined) throw new Error('npm pack told nothing.')
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline']
  await run('npm', [...install, `./${packed.filename}`], { cwd: folder })
  const write = async (name: string, content: string): Promise<void> => {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return {
    folder,
    sizeBytes: packed.size,
    files: packed.files.map(({ path }) => path),
    write,
    async link(...names) {
      for (const name of names) {
        const path = join(folder, 'node_modules', name)
        await mkdir(dirname(path), { recursive: true })
        await symlink(join(root, 'node_modules', name), path)
      }
    },
    async runFile(name, content, nodeFlags = []) {
      await write(name, content)
      const output = await run(process.execPath, [...nodeFlags, name], { cwd: folder })
      return output.stdout.trim()
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
    },
  }
}

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

/** The two files of an entry. */
export interface Entry {
  types: string
  default: string
}

interface PackageJson {
  exports: Record<string, Entry | string>
  peerDependencies: Record<string, string>
}

export async function readPackageJson(): Promise<PackageJson> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as PackageJson
}

/** The entries by the name that users import, such as `sluice/openai`. */
export async function readEntries(): Promise<Record<string, Entry>> {
  const entries: Record<string, Entry> = {}
  for (const [path, entry] of Object.entries((await readPackageJson()).exports)) {
    if (typeof entry !== 'string') entries[path.replace('.', 'sluice')] = entry
  }
  return entries
}

export interface InstalledPackage extends AsyncDisposable {
  readonly folder: string
  /** Bytes of the tarball. */
  readonly packedBytes: number
  /** Bytes of all files together. */
  readonly unpackedBytes: number
  /** Paths inside the package. */
  readonly files: string[]
  /** Links packages of this checkout next to the installed one. */
  link(...names: string[]): Promise<void>
  write(name: string, content: string): Promise<void>
  /** @returns what the file prints to stdout */
  runFile(name: string, content: string): Promise<string>
  /** @returns what the file prints to stderr before it fails */
  crashFile(name: string, content: string): Promise<string>
}

export async function installPackage(): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-package-'))
  const flags = ['--ignore-scripts', '--json', '--pack-destination', folder]
  const { stdout } = await run('npm', ['pack', ...flags], { cwd: root, maxBuffer: 2 ** 24 })
  const [packed] = JSON.parse(stdout) as {
    filename: string
    size: number
    unpackedSize: number
    files: { path: string }[]
  }[]
  if (packed === undefined) throw new Error('npm pack printed no package.')
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline']
  await run('npm', [...install, `./${packed.filename}`], { cwd: folder })
  const write = async (name: string, content: string): Promise<void> => {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return {
    folder,
    packedBytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    files: packed.files.map(({ path }) => path),
    write,
    async link(...names) {
      for (const name of names) {
        const path = join(folder, 'node_modules', name)
        await mkdir(dirname(path), { recursive: true })
        await symlink(join(root, 'node_modules', name), path)
      }
    },
    async runFile(name, content) {
      await write(name, content)
      return (await run(process.execPath, [name], { cwd: folder })).stdout.trim()
    },
    async crashFile(name, content) {
      await write(name, content)
      return run(process.execPath, [name], { cwd: folder }).then(
        () => '',
        ({ stderr }: { stderr: string }) => stderr,
      )
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
    },
  }
}

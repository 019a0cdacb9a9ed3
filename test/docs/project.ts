/**
 * A project like a user's, outside of the repository, whose modules are the code blocks of the pages. It has the package as it was
 * built, and everything that is installed here.
 */

import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { type Block, moduleOf, root } from './blocks.js'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))

export class Project implements AsyncDisposable {
  readonly folder: string
  /** By the names of their files. */
  readonly #blocks = new Map<string, Block>()

  static async of(blocks: readonly Block[]): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'docs-')))
    await project.#write(blocks)
    return project
  }

  private constructor(folder: string) {
    this.folder = folder
  }

  async #write(blocks: readonly Block[]): Promise<void> {
    const modules = join(this.folder, 'node_modules')
    await mkdir(modules)
    for (const name of await readdir(join(root, 'node_modules'))) {
      if (!name.startsWith('.'))
        await symlink(join(root, 'node_modules', name), join(modules, name))
    }
    await symlink(root, join(modules, 'sluice'))
    await copyFile(`${here}given.ts`, join(this.folder, 'given.ts'))
    await copyFile(`${here}run.ts`, join(this.folder, 'run.ts'))
    const json = { type: 'module', private: true, imports: { '#given': './given.ts' } }
    await writeFile(join(this.folder, 'package.json'), JSON.stringify(json))
    for (const block of blocks) {
      const name = `${block.page.replaceAll('/', '.')}.${block.line}.${block.language}`
      this.#blocks.set(name, block)
      await writeFile(join(this.folder, name), moduleOf(block))
    }
    const config = {
      extends: join(root, 'tsconfig.json'),
      // A block shows what it makes, and need not use it.
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        allowJs: true,
        checkJs: true,
      },
      files: [...this.#blocks.keys()],
      include: [],
      exclude: [],
    }
    await writeFile(join(this.folder, 'tsconfig.json'), JSON.stringify(config))
  }

  /** @returns what the compiler says, with the lines of the pages */
  async compile(): Promise<string[]> {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const options = { cwd: this.folder, maxBuffer: 2 ** 26 }
    const { stdout } = await run(process.execPath, [compiler, '--pretty', 'false'], options).catch(
      (error: { stdout: string }) => error,
    )
    const lines = stdout.split('\n').filter((line) => line !== '')
    return lines.map((line) => {
      const [, name = '', rest] = /^([^(]+)\((.*)$/.exec(line) ?? []
      const block = this.#blocks.get(name)
      return block === undefined ? line : `${block.page}(${rest}`
    })
  }

  /** @returns what failed, and where */
  async run(environment: Record<string, string>): Promise<string[]> {
    const runnable = [...this.#blocks].filter(([, { notRun }]) => notRun === undefined)
    const paths = await Promise.all(
      runnable.map(async ([name, block]) => {
        const path = join(this.folder, `${name}.mjs`)
        const { code } = await transform(moduleOf(block), { loader: 'tsx', jsx: 'automatic' })
        await writeFile(path, code)
        return [path, block] as const
      }),
    )
    const parameters = ['run.ts', ...paths.map(([path]) => path)]
    const { stdout } = await run(process.execPath, parameters, {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      timeout: 100_000,
    })
    const failures = JSON.parse(stdout) as Record<string, string>
    const places = new Map(paths.map(([path, { page, line }]) => [path, `${page}:${line}`]))
    return Object.entries(failures).map(([path, error]) => `${places.get(path)}: ${error}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

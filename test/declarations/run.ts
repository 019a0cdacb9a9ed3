/**
 * The declarations as users compile them: from the tarball, in an empty folder, without `skipLibCheck`. `npm start` prints a table of
 * compilers and ways to compile; it ends with 1 if a cell has an error. The package has to be built before.
 */

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

const compilers = ['5.9', '6', '7'] as const

/** How a specifier becomes a file. Each consumer is compiled as ESM and as CommonJS. */
const resolutions = {
  nodenext: { options: { module: 'nodenext' }, extensions: ['.mts', '.cts'] },
  node16: { options: { module: 'node16' }, extensions: ['.mts', '.cts'] },
  bundler: {
    options: { module: 'preserve', moduleResolution: 'bundler' },
    // Files of CommonJS write `require` here, so one that requires every entry stands for them.
    extensions: ['.mts', '.required.cts'],
  },
}

interface World {
  lib: string[]
  types: string[]
  /** Which consumers there are, with the packages that are optional and without. */
  bare: string[]
  peers: string[]
}

const everything = 'DOM and Node'

/** What a program has around it. */
const worlds: Record<string, World> = {
  'Node, without DOM': {
    lib: ['ES2023'],
    types: ['node'],
    bare: ['bare', 'node'],
    peers: ['peers', 'redis'],
  },
  'browser, without @types/node': {
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    types: [],
    bare: ['bare'],
    peers: ['peers'],
  },
  [everything]: {
    lib: ['ESNext', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    types: ['node'],
    bare: ['bare', 'node'],
    peers: ['peers', 'redis'],
  },
}

const strictest = {
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  isolatedModules: true,
}

/** What is linked beside the package where the optional packages are there. */
const optional = [
  '@anthropic-ai/sdk',
  '@opentelemetry/api',
  '@types/react',
  'ioredis',
  'openai',
  'redis',
]

interface Case {
  name: string
  folder: string
  files: string[]
  options: object
}

const folder = await mkdtemp(join(tmpdir(), 'sluice-declarations-'))
try {
  const cases = await prepare()
  const failed = await compileAll(cases)
  if (failed > 0) {
    console.error(`${failed} of ${cases.length * compilers.length} compilations have errors.`)
    process.exitCode = 1
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function prepare(): Promise<Case[]> {
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root })
  const [tarball = ''] = await readdir(folder)
  await install('bare', tarball, [])
  await install('peers', tarball, optional)
  return (['bare', 'peers'] as const).flatMap((peers) =>
    Object.entries(worlds).flatMap(([world, { lib, types, [peers]: consumers }]) =>
      Object.entries(resolutions).flatMap(([resolution, { options, extensions }]) => {
        const beside = peers === 'bare' ? 'nothing beside it' : 'all optional packages'
        const name = `${world}, ${resolution}, ${beside}`
        const files = extensions.flatMap((extension) => consumers.map((each) => each + extension))
        const one = {
          name,
          folder: join(folder, peers),
          files,
          options: { ...options, lib, types },
        }
        const strict = { ...one, options: { ...one.options, ...strictest } }
        // These differ little from their neighbours, so one world tells.
        if (world !== everything) return resolution === 'node16' ? [] : [strict]
        return resolution === 'node16'
          ? [strict, { ...one, name: `${name}, only strict` }]
          : [strict]
      }),
    ),
  )
}

async function install(name: string, tarball: string, packages: string[]): Promise<void> {
  const target = join(folder, name)
  await mkdir(target)
  await writeFile(join(target, 'package.json'), '{"private":true,"type":"module"}')
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--omit=peer', '--omit=optional']
  await run('npm', ['install', ...flags, join('..', tarball)], { cwd: target })
  for (const each of ['@types/node', ...packages]) {
    const link = join(target, 'node_modules', each)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(here, 'node_modules', each), link)
  }
  for (const consumer of await readdir(join(here, 'consumers'))) {
    const from = join(here, 'consumers', consumer)
    for (const extension of ['.mts', '.cts']) {
      await cp(from, join(target, consumer.replace(/\.ts$/, extension)))
    }
    const imports = (await readFile(from, 'utf8')).matchAll(/^(?:import|\}) .*?from ('[^']+')$/gm)
    const lines = [...imports].map(
      ([, specifier], index) =>
        `import _${index} = require(${specifier})\nexport const p${index} = _${index}`,
    )
    await writeFile(join(target, consumer.replace(/\.ts$/, '.required.cts')), lines.join('\n'))
  }
}

/** @returns how many have errors */
async function compileAll(cases: Case[]): Promise<number> {
  const width = Math.max(...cases.map(({ name }) => name.length))
  const row = (name: string, cells: string[]): string =>
    `| ${name.padEnd(width)} | ${cells.map((cell) => cell.padEnd(4)).join(' | ')} |`
  console.log(row('', [...compilers]))
  console.log(
    row(
      '-'.repeat(width),
      compilers.map(() => '----'),
    ),
  )
  const errors: string[] = []
  for (const each of cases) {
    const outputs = await Promise.all(compilers.map((compiler) => compile(each, compiler)))
    console.log(
      row(
        each.name,
        outputs.map((output) => (output === '' ? 'ok' : 'FAIL')),
      ),
    )
    for (const [index, output] of outputs.entries()) {
      if (output !== '')
        errors.push(`FAILED TypeScript ${compilers[index]}, ${each.name}:\n${output}`)
    }
  }
  for (const error of errors) console.error(error)
  return errors.length
}

/** @returns what the compiler complains of */
async function compile(each: Case, compiler: string): Promise<string> {
  const config = join(each.folder, `tsconfig.${compiler}.json`)
  const compilerOptions = {
    target: 'ES2022',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    ...each.options,
  }
  await writeFile(config, JSON.stringify({ compilerOptions, files: each.files }))
  const tsc = join(here, 'node_modules', `typescript-${compiler}`, 'bin/tsc')
  return run(process.execPath, [tsc, '-p', config], { cwd: each.folder, maxBuffer: 2 ** 26 }).then(
    () => '',
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  )
}

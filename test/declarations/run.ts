/**
 * Compiles the declarations as users do: from the tarball, in an empty folder, without `skipLibCheck`. `npm start` prints
 * a table of compilers and settings, and exits with 1 if a cell fails. Build the package before.
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

/** A setting that turns specifiers into files, and the consumers that compile with it. */
const resolutions = {
  nodenext: { options: { module: 'nodenext' }, extensions: ['.mts', '.cts'] },
  node20: { options: { module: 'node20' }, extensions: ['.mts', '.cts'] },
  node16: { options: { module: 'node16' }, extensions: ['.mts'] },
  bundler: {
    options: { module: 'preserve', moduleResolution: 'bundler' },
    // CommonJS files write `require` here, so one that requires every entry stands for them.
    extensions: ['.mts', '.required.cts'],
  },
}

/** Settings under which TypeScript refuses to load ES modules from CommonJS: values, and types. */
const refusing = ['node16', 'node18'] as const
const refusals = ['TS1479', 'TS1541']

interface World {
  lib: string[]
  types: string[]
  /** The consumers that compile without the optional packages, and with them. */
  bare: string[]
  peers: string[]
}

const everything = 'DOM and Node'

/** The types that a program has around it. */
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
    peers: ['peers', 'redis', 'mcp'],
  },
}

const strictest = {
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  isolatedModules: true,
}

/** Packages that are linked next to the installed one for `peers`. */
const optional = [
  '@anthropic-ai/sdk',
  '@modelcontextprotocol/sdk',
  '@opentelemetry/api',
  '@types/react',
  'ioredis',
  'openai',
  'redis',
  'vue',
]

interface Case {
  name: string
  folder: string
  files: string[]
  options: object
  /** The errors that the compiler has to report, and no others. @default [] */
  expected?: string[]
}

const dist = 'node_modules/sluice/dist'

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
  const declarations = await readdir(join(folder, 'peers', dist), { recursive: true })
  const { lib, types } = worlds[everything] as World
  return [
    ...consumerCases(),
    {
      name: 'every declaration file of the package',
      folder: join(folder, 'peers'),
      files: declarations.filter((path) => path.endsWith('.d.ts')).map((path) => join(dist, path)),
      options: { module: 'nodenext', lib, types },
    },
    ...refusing.map((module) => ({
      name: `CommonJS under ${module} is refused with ${refusals.join()}`,
      folder: join(folder, 'bare'),
      files: ['bare.cts'],
      options: { module, lib, types },
      expected: refusals,
    })),
  ]
}

function consumerCases(): Case[] {
  return (['bare', 'peers'] as const).flatMap((peers) =>
    Object.entries(worlds).flatMap(([world, { lib, types, [peers]: consumers }]) =>
      Object.entries(resolutions).flatMap(([resolution, { options, extensions }]) => {
        const beside = peers === 'bare' ? 'no optional package' : 'all optional packages'
        const name = `${world}, ${resolution}, ${beside}`
        const files = extensions.flatMap((extension) => consumers.map((each) => each + extension))
        const one = {
          name,
          folder: join(folder, peers),
          files,
          options: { ...options, lib, types },
        }
        const strict = { ...one, options: { ...one.options, ...strictest } }
        // These settings differ little from nodenext, so one world is enough for them.
        if (/^node\d/.test(resolution) && world !== everything) return []
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

/** @returns the number of failed cells */
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
        outputs.map((output) => (isExpected(each, output) ? 'ok' : 'FAIL')),
      ),
    )
    for (const [index, output] of outputs.entries()) {
      if (!isExpected(each, output)) {
        errors.push(`FAILED TypeScript ${compilers[index]}, ${each.name}:\n${output}`)
      }
    }
  }
  for (const error of errors) console.error(error)
  return errors.length
}

function isExpected({ expected = [] }: Case, output: string): boolean {
  if (expected.length === 0) return output === ''
  const codes = new Set([...output.matchAll(/error (TS\d+)/g)].map(([, code]) => code))
  return [...codes].toSorted().join() === expected.join()
}

/** @returns the output of the compiler, empty without errors */
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

/**
 * Runs the suite in every runtime and prints a table: `npm start`, or with names of runtimes to run only these. It ends with 1 if a
 * check failed that nothing explains. The package has to be built before.
 */

import { build } from 'esbuild'
import { startProvider } from './provider.ts'
import { chromium } from './runners/chromium.ts'
import { edgeVm } from './runners/edge-vm.ts'
import { processes } from './runners/process.ts'
import type { Bundle, Results, Runtime } from './runners/runtime.ts'
import { workers } from './runners/workerd.ts'
import { checkServing, servingChecks } from './serving.ts'

const all: readonly Runtime[] = [...processes, ...workers, edgeVm, chromium]
const wanted = process.argv.slice(2)
const runtimes = all.filter(({ name }) => wanted.length === 0 || wanted.includes(name))

const bundle = await makeBundle()
const provider = await startProvider()
const columns: { runtime: Runtime; results: Results }[] = []
for (const runtime of runtimes) columns.push({ runtime, results: await runIn(runtime) })
provider.close()
printTable()

const failed = columns.flatMap(({ runtime, results }) =>
  Object.entries(results)
    .filter(([check, message]) => message !== null && runtime.explained?.[check] === undefined)
    .map(([check, message]) => `${runtime.name}: ${check}: ${message}`),
)
for (const { name, explained = {} } of runtimes) {
  for (const [check, why] of Object.entries(explained)) console.log(`${name}: ${check}: ${why}`)
}
for (const line of failed) console.error(`FAILED ${line}`)
process.exit(failed.length > 0 ? 1 : 0)

async function runIn(runtime: Runtime): Promise<Results> {
  try {
    const { results, serves, close } = await runtime.run(provider.url, bundle)
    const served = serves === undefined ? {} : await checkServing(serves, provider)
    await close()
    return { import: null, ...results, ...served }
  } catch (error) {
    return { import: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

function printTable(): void {
  const names = [...new Set(columns.flatMap(({ results }) => Object.keys(results)))]
  const checks = [
    ...names.filter((name) => !isServing(name)),
    ...servingChecks.filter((name) => names.includes(name)),
  ]
  const width = Math.max(...checks.map(({ length }) => length))
  const head = columns.map(({ runtime }) => runtime.name)
  console.log(`| ${''.padEnd(width)} | ${head.join(' | ')} |`)
  console.log(
    `| ${'-'.repeat(width)} | ${head.map((name) => '-'.repeat(name.length)).join(' | ')} |`,
  )
  for (const check of checks) {
    const cells = columns.map(({ runtime, results }) =>
      cellOf(runtime, results, check).padEnd(runtime.name.length),
    )
    console.log(`| ${check.padEnd(width)} | ${cells.join(' | ')} |`)
  }
}

function isServing(name: string): boolean {
  return servingChecks.some((each) => each === name)
}

/** `-`: the runtime has no server, or no `require()`. `*`: explained below the table. */
function cellOf({ explained = {} }: Runtime, results: Results, check: string): string {
  const result = results[check]
  if (result === undefined) return '-'
  if (result === null) return 'ok'
  return explained[check] === undefined ? 'FAIL' : '*'
}

async function makeBundle(): Promise<Bundle> {
  const contents = `export { handle } from './app.ts'\nexport { runChecks } from './checks.ts'`
  const options = {
    stdin: {
      contents,
      resolveDir: new URL('suite', import.meta.url).pathname,
      loader: 'ts' as const,
    },
    bundle: true,
    write: false as const,
    target: 'es2022',
    // What a bundler for the edge takes: no Node.
    platform: 'browser' as const,
    conditions: ['worker', 'browser'],
    logLevel: 'error' as const,
  }
  const module = await build({ ...options, format: 'esm' })
  const script = await build({ ...options, format: 'iife', globalName: 'suite' })
  return { module: module.outputFiles[0]?.text ?? '', script: script.outputFiles[0]?.text ?? '' }
}

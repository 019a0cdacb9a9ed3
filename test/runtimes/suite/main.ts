/**
 * The suite as a program, for the runtimes that run one: Node, Deno and Bun. It prints the results as JSON, then serves
 * until its standard input ends, on the port that it prints.
 */

import { createRequire } from 'node:module'
import { nodeFetch } from 'sluice/node'
import { handle } from './app.ts'
import { runChecks } from './checks.ts'
import { serve } from './serve.ts'

const provider = process.argv[2] ?? ''
const results = { require: await checkRequire(), ...(await runWithEach()) }
const port = await serve(handle)
console.log(JSON.stringify({ results, port }))
process.stdin.on('end', () => process.exit(0)).resume()

/** Every check holds with the default `fetch` of drivers, with the global one and with nodeFetch. */
async function runWithEach(): Promise<Record<string, string | null>> {
  const found: Record<string, string | null> = {}
  const globalFetch: typeof fetch = (input, init) => fetch(input, init)
  for (const [name, transport] of Object.entries({ default: undefined, globalFetch, nodeFetch })) {
    for (const [check, problem] of Object.entries(await runChecks(provider, transport))) {
      found[check] ??= problem && `${name}: ${problem}`
    }
  }
  return found
}

/** @returns null if `require()` gives the module of `import` for every entry */
async function checkRequire(): Promise<string | null> {
  const require = createRequire(import.meta.url)
  const { exports } = require('sluice/package.json') as { exports: Record<string, unknown> }
  const entries = Object.keys(exports)
    .filter((path) => path !== './package.json')
    .map((path) => path.replace('.', 'sluice'))
  const problems: string[] = []
  for (const entry of entries) {
    try {
      if (require(entry) !== (await import(entry))) problems.push(`${entry}: another module`)
    } catch (error) {
      problems.push(`${entry}: ${String(error)}`)
    }
  }
  return problems.join('\n') || null
}

/**
 * The suite as a program, for the runtimes that run one: Node, Deno and Bun. It prints the results as JSON, then serves
 * until its standard input ends, on the port that it prints.
 */

import { createRequire } from 'node:module'
import { handle } from './app.ts'
import { runChecks } from './checks.ts'
import { serve } from './serve.ts'

const provider = process.argv[2] ?? ''
const results = { require: await checkRequire(), ...(await runChecks(provider)) }
const port = await serve(handle)
console.log(JSON.stringify({ results, port }))
process.stdin.on('end', () => process.exit(0)).resume()

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

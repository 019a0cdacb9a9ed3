/**
 * The suite as a program, for the runtimes that run one: Node, Deno and Bun. It prints the results as JSON, then serves until its
 * standard input ends, on the port that it prints.
 */

import { handle } from './app.ts'
import { runChecks } from './checks.ts'
import { serve } from './serve.ts'

const provider = process.argv[2] ?? ''
const results = await runChecks(provider)
const port = await serve(handle)
console.log(JSON.stringify({ results, port }))
process.stdin.on('end', () => process.exit(0)).resume()

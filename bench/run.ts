/**
 * All benchmarks, one after the other, and the page that tells them: `npm --prefix bench start`.
 */

import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { consume } from './consume.ts'
import { firstContent } from './first-content.ts'
import { flow } from './flow.ts'
import { readParts, sizeOf } from './footprint/run.ts'
import { measureStart } from './footprint/start.ts'
import { growth } from './growth.ts'
import { plot } from './plot.ts'
import { relay } from './relay.ts'
import { page, type Results } from './report.ts'
import { type Served, scale, serveOver } from './sockets/run.ts'

const { dependencies } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
) as { dependencies: Record<string, string> }
const { sluice: _ours, esbuild: _bundler, node: _node, zod: _schemas, ...versions } = dependencies

async function step<Value>(name: string, run: () => Value | Promise<Value>): Promise<Value> {
  const before = performance.now()
  const value = await run()
  console.log(`${name}: ${((performance.now() - before) / 1000).toFixed(0)} s`)
  return value
}

async function serveAll(): Promise<Served[]> {
  const all: Served[] = []
  for (const name of ['direct', 'floor', 'sluice', 'ai'])
    all.push(await serveOver(name, 200, 20, 6))
  return all
}

async function measureSizes(): Promise<Results['sizes']> {
  const sizes: Results['sizes'] = []
  for (const part of readParts()) {
    sizes.push({ name: part.name, bytes: (await sizeOf(part)).first })
  }
  return sizes
}

/** In a process of its own, because libraries reject promises that nobody has. */
async function measureLoops(): Promise<string> {
  const path = fileURLToPath(new URL('loops.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [path])
  return stdout.trim()
}

const load = loadavg()[0] ?? 0
const results: Results = {
  versions,
  consumed: await step('consume', () => consume([], 9)),
  relayed: await step('relay', () => relay([], 11)),
  served: await step('sockets', serveAll),
  scaled: await step('scale', () =>
    scale([25, 50, 100, 150, 200, 250, 300, 400, 600, 800, 1_000], 50),
  ),
  first: await step('first content', () => firstContent(9)),
  flows: await step('flow', flow),
  grown: await step('growth', growth),
  started: await step('start', () => measureStart(9)),
  sizes: await step('sizes', measureSizes),
  loops: await step('loops', measureLoops),
}
const docs = new URL('../docs/', import.meta.url)
writeFileSync(new URL('benchmarks.md', docs), page(results, load))
writeFileSync(new URL('benchmarks.svg', docs), plot(results.consumed))
console.log('Written: docs/benchmarks.md, docs/benchmarks.svg')

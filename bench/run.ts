/**
 * All benchmarks, one after the other, and the page that tells them: `npm --prefix bench start`.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { consume } from './consume.ts'
import { firstContent } from './first-content.ts'
import { flow } from './flow.ts'
import { readParts, sizeOf } from './footprint/run.ts'
import { measureStart } from './footprint/start.ts'
import { growth } from './growth.ts'
import { plot } from './plot.ts'
import { relay } from './relay.ts'
import { page, type Results } from './report.ts'
import { openings } from './sockets/openings.ts'
import { clusters, compare, scale, serveMany } from './sockets/run.ts'

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

/** The gateway that others are compared with comes first. */
const gateways = [
  'by hand on fetch',
  'by hand on node:http',
  'sluice, on fetch',
  'sluice, on nodeFetch',
]

async function measureSizes(): Promise<Results['sizes']> {
  const sizes: Results['sizes'] = []
  for (const part of readParts()) {
    sizes.push({ name: part.name, bytes: (await sizeOf(part)).first })
  }
  return sizes
}

const load = loadavg()[0] ?? 0
const results: Results = {
  versions,
  consumed: await step('consume', () => consume([], 9)),
  relayed: await step('relay', () => relay([], 9)),
  served: await step('sockets', () => compare([...gateways, 'ai'], 200, 20, 6, 4)),
  opened: [
    await step('200 openings', () => openings(gateways, 200, 7)),
    await step('1,000 openings', () => openings(gateways, 1_000, 4)),
  ],
  many: await step('many streams', () => serveMany(['by hand on fetch', 'sluice, on nodeFetch'])),
  scaled: await step('scale', () =>
    scale(['by hand on fetch', 'sluice, on nodeFetch'], [50, 200, 400, 800], 50),
  ),
  clustered: await step('cluster', () => clusters(gateways.slice(2))),
  first: await step('first content', () => firstContent(9)),
  flows: await step('flow', flow),
  grown: await step('growth', growth),
  started: await step('start', () => measureStart(9)),
  sizes: await step('sizes', measureSizes),
}
const docs = new URL('../docs/', import.meta.url)
writeFileSync(new URL('benchmarks.md', docs), page(results, load))
writeFileSync(new URL('benchmarks.svg', docs), plot(results.consumed))
console.log('Written: docs/benchmarks.md, docs/benchmarks.svg')

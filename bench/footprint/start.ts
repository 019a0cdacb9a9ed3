/**
 * What a program pays before its first request: the time that an import takes in a process of its own, and the packages that are
 * installed for it.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { quantile } from '../measure.ts'

export interface Started {
  name: string
  /** Milliseconds of wall time beyond an empty program's: a median. */
  importMs: number
  /** How many packages are installed, itself included. */
  packages: number
}

const programs: Record<string, { imports: string[]; packages: string[] }> = {
  'sluice, sluice/compatible': { imports: ['sluice', 'sluice/compatible'], packages: ['sluice'] },
  openai: { imports: ['openai'], packages: ['openai'] },
  '@anthropic-ai/sdk': { imports: ['@anthropic-ai/sdk'], packages: ['@anthropic-ai/sdk'] },
  'ai, @ai-sdk/openai': {
    imports: ['ai', '@ai-sdk/openai'],
    packages: ['ai', '@ai-sdk/openai'],
  },
  '@langchain/openai': {
    imports: ['@langchain/openai'],
    packages: ['@langchain/openai', '@langchain/core'],
  },
}

interface Lock {
  packages: Record<string, { dependencies?: Record<string, string> }>
}

function countPackages(roots: readonly string[]): number {
  const isOwn = roots.includes('sluice')
  const path = isOwn ? '../../package-lock.json' : '../package-lock.json'
  const lock = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Lock
  const found = new Set<string>()
  const visit = (from: string, name: string): void => {
    const nested = `${from}/node_modules/${name}`
    const place = nested in lock.packages ? nested : `node_modules/${name}`
    const entry = lock.packages[place]
    if (entry === undefined || found.has(place)) return
    found.add(place)
    for (const dependency of Object.keys(entry.dependencies ?? {})) visit(place, dependency)
  }
  const direct = isOwn ? Object.keys(lock.packages['']?.dependencies ?? {}) : roots
  for (const name of direct) visit('', name)
  return found.size + (isOwn ? 1 : 0)
}

function runMs(code: string): number {
  const before = performance.now()
  execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', code], {
    cwd: new URL('..', import.meta.url),
  })
  return performance.now() - before
}

export function measureStart(rounds: number): Started[] {
  const samples = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    const empty = runMs('')
    for (const [name, { imports }] of Object.entries(programs)) {
      const code = imports.map((specifier) => `import ${JSON.stringify(specifier)}`).join('\n')
      samples.set(name, [...(samples.get(name) ?? []), runMs(code) - empty])
    }
  }
  return Object.entries(programs).map(([name, { packages }]) => ({
    name,
    importMs: quantile(samples.get(name) ?? [], 0.5),
    packages: countPackages(packages),
  }))
}

if (import.meta.main) console.table(measureStart(9))

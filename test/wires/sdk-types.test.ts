/**
 * Requests with any history compile against the types of the providers' SDKs, which know every field
 * and every kind of block. A process of the compiler checks them.
 */

import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WireName } from '../../src/wires/wire-name.js'
import { answeredTurns } from '../support/histories/answered.js'
import { anyRequest, bodyOr } from '../support/histories/any-request.js'
import { knownBlocks } from '../support/histories/blocks.js'
import { objectsIn } from '../support/histories/rules.js'
import { describedTargets } from '../support/histories/targets.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const histories = 200

const types: Partial<Record<WireName, string>> = {
  'openai-chat': 'OpenAI.Chat.ChatCompletionCreateParamsStreaming',
  'openai-responses': 'OpenAI.Responses.ResponseCreateParamsStreaming',
  'anthropic-messages': 'Anthropic.Beta.MessageCreateParamsStreaming',
}

/** A module with one constant for each body. */
function moduleOf(wire: WireName, bodies: readonly object[]): string {
  const constants = bodies.map(
    (body, at) => `export const body${at}: ${types[wire]} = ${JSON.stringify(body)}`,
  )
  const imports = [
    "import type OpenAI from 'openai'",
    "import type Anthropic from '@anthropic-ai/sdk'",
  ]
  return [...imports, ...constants, ''].join('\n')
}

/** What the compiler says of modules, by their names. */
async function compile(modules: ReadonlyMap<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sdk-types-'))
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const [name, text] of modules) await writeFile(join(folder, name), text)
    const compilerOptions = {
      target: 'es2023',
      lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
      module: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
    }
    const config = { compilerOptions, files: [...modules.keys()] }
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [compiler, '--pretty', 'false'], {
      cwd: folder,
      maxBuffer: 2 ** 28,
    }).catch((error: { stdout: string }) => error)
    return stdout.split('\n').filter((line) => /^\S/.test(line))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('requests with any history have the types of the SDKs', async () => {
  const turns = await answeredTurns(true)
  const modules = new Map<string, string>()
  let count = 0
  const kinds = new Set<unknown>()
  for (const [at, target] of describedTargets.entries()) {
    const requests = anyRequest({ wire: target.wire, isKnown: true, turns })
    const bodies = fc
      .sample(requests, { numRuns: histories, seed: 14 + at })
      .flatMap((request): object[] => {
        const body = bodyOr(() => target.encode(request))
        return body === undefined ? [] : [body]
      })
    count += bodies.length
    for (const { type } of objectsIn(bodies)) kinds.add(type)
    modules.set(`${target.model}.ts`, moduleOf(target.wire, bodies))
  }
  expect(count).toBeGreaterThan(1_000)
  for (const wire of Object.keys(types)) {
    const missing = knownBlocks(wire as WireName, '', '').filter(({ type }) => !kinds.has(type))
    expect(missing).toEqual([])
  }
  const complaints = await compile(modules)
  // With the body that each is about.
  const shown = complaints.map((complaint) => {
    const [, name = '', line = ''] = /^(.*)\((\d+),/.exec(complaint) ?? []
    const body = modules.get(name)?.split('\n')[Number(line) - 1]
    return `${complaint}\n${body ?? ''}`
  })
  expect(shown).toEqual([])
}, 120_000)

test('a body with a field or a block that an SDK does not know does not compile', async () => {
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'a', cache: true }] }]
  const bodies: [WireName, object][] = [
    ['openai-chat', { model: 'm', stream: true, messages }],
    ['openai-responses', { model: 'm', stream: true, input: [{ type: 'later_call', id: 'a' }] }],
    ['anthropic-messages', { model: 'm', max_tokens: 1, stream: true, messages }],
  ]
  const modules = bodies.map(([wire, body]) => [`${wire}.ts`, moduleOf(wire, [body])] as const)
  const complaints = await compile(new Map(modules))
  expect(complaints.map((complaint) => complaint.split('(')[0])).toEqual(
    bodies.map(([wire]) => `${wire}.ts`).toSorted(),
  )
}, 60_000)

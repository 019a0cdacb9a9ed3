import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { codeFor } from '../playground/code.ts'
import { type WireName, wires } from '../playground/scenarios.ts'
import { defaults, type Settings } from '../playground/settings.ts'

const site = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/** Every piece of code that the playground can show, but for the values of its options. */
function allSettings(): Settings[] {
  const policies = [
    {},
    { maxRetries: 0, afterContent: 'continue', holdBackChars: 20, chunkMs: 60_000 },
  ] as const
  return (Object.keys(wires) as WireName[]).flatMap((wire) =>
    (['cut', 'tools-cut', 'killed'] as const).flatMap((scenario) =>
      [false, true].flatMap((fallback) =>
        policies.map((policy) => ({ ...defaults, wire, scenario, fallback, ...policy })),
      ),
    ),
  )
}

test('all code that the playground shows compiles', async () => {
  const folder = await mkdtemp(join(site, '.code-'))
  try {
    const codes = [...new Set(allSettings().map(codeFor))]
    expect(codes).toHaveLength(60)
    await Promise.all(codes.map((code, index) => writeFile(join(folder, `${index}.ts`), code)))
    const config = { extends: '../tsconfig.json', include: ['*.ts'] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(site, '../../node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error) => error)
    expect(stdout).toBe('')
  } finally {
    await rm(folder, { recursive: true })
  }
})

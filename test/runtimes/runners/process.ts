/**
 * Runtimes that run programs: Node, Deno and Bun.
 */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Results, Runtime } from './runtime.ts'

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url))
const main = fileURLToPath(new URL('../suite/main.ts', import.meta.url))

const node22: readonly string[] = [
  `${modules}node22/bin/node`,
  '--experimental-strip-types',
  '--no-warnings',
]

export const processes: readonly Runtime[] = [
  { name: 'Node 22', run: (provider) => runProcess([...node22, main, provider]) },
  { name: 'Node 24', run: (provider) => runProcess([`${modules}node/bin/node`, main, provider]) },
  {
    name: 'Deno',
    run: (provider) =>
      runProcess([
        `${modules}.bin/deno`,
        'run',
        '-A',
        '--no-check',
        '--node-modules-dir=manual',
        main,
        provider,
      ]),
  },
  { name: 'Bun', run: (provider) => runProcess([`${modules}.bin/bun`, 'run', main, provider]) },
]

async function runProcess([command = '', ...args]: readonly string[]): ReturnType<Runtime['run']> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (piece) => {
    errors += String(piece)
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve)),
    exited.then((code) => {
      throw new Error(`${command} ended with code ${code}: ${errors.slice(-2_000)}`)
    }),
  ])
  const { results, port } = JSON.parse(line) as { results: Results; port: number }
  return {
    results,
    serves: `http://127.0.0.1:${port}/`,
    close: async () => {
      child.stdin.end()
      await exited
    },
  }
}

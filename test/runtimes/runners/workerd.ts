/**
 * Cloudflare's runtime, an older one and the current one.
 */

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Bundle, Results, Running, Runtime } from './runtime.ts'

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url))

const explained = {
  'a client that leaves in a silence closes upstream':
    'it notices that a connection was closed when it writes to it: with the next token, or the next heartbeat',
}

export const workers: readonly Runtime[] = [
  {
    name: 'workerd 2026-07',
    explained,
    run: (provider, bundle) => runWorker('workerd-older', '2026-07-01', provider, bundle),
  },
  {
    name: 'workerd 2026-11',
    explained,
    run: (provider, bundle) => runWorker('workerd', '2026-11-01', provider, bundle),
  },
]

const configOf = (compatibilityDate: string): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "${compatibilityDate}",
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`

async function runWorker(
  packageName: string,
  compatibilityDate: string,
  provider: string,
  { module }: Bundle,
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'worker-'))
  const script = `${module}
export default {
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname !== '/checks') return handle(request)
    return runChecks(searchParams.get('provider')).then((results) => Response.json(results))
  },
}`
  await writeFile(join(folder, 'worker.js'), script)
  await writeFile(join(folder, 'config.capnp'), configOf(compatibilityDate))
  const command = `${modules}${packageName}/bin/workerd`
  const args = ['serve', '--control-fd=3', join(folder, 'config.capnp')]
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const close = async (): Promise<void> => {
    child.kill()
    await exited
    await rm(folder, { recursive: true })
  }
  const listening = new Promise<string>((resolve) => {
    createInterface(child.stdio[3] as NodeJS.ReadableStream).once('line', resolve)
  })
  const line = await Promise.race([listening, exited.then(() => 'It ended before it listened.')])
  const { port } = JSON.parse(line) as { port: number }
  const serves = `http://127.0.0.1:${port}/`
  const response = await fetch(`${serves}checks?provider=${encodeURIComponent(provider)}`)
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text.slice(0, 2_000)}`)
  return { results: JSON.parse(text) as Results, serves, close }
}

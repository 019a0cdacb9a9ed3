/**
 * A real Postgres for each test file that wants one, and a pooler in front of it.
 */

import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Pool, type PoolConfig } from 'pg'
import { type Account, freePort, ServerProcess } from './server-process.ts'

// Debian keeps one folder for each version.
const [folder = '/usr/lib/postgresql/15/bin'] = globSync('/usr/lib/postgresql/*/bin').toReversed()
const binary = join(folder, 'postgres')
const pooler = '/usr/sbin/pgbouncer'
const missing = [binary, pooler].filter((file) => !existsSync(file))

export const postgresPresent = missing.length === 0

/** For the name of a suite that is skipped without Postgres. */
export const postgresNote = postgresPresent ? '' : ` (skipped: there is no ${missing.join(', ')})`

export interface PostgresServer {
  readonly config: Readonly<Required<Pick<PoolConfig, 'host' | 'port' | 'user' | 'database'>>>
  /** A pool that the server closes at the end. Its errors are those of the calls. */
  pool(config?: PoolConfig): Pool
  /** Ends it at once, as a crash does, so that every connection breaks. */
  kill(): Promise<void>
  /** Starts it again. Whatever was committed is still there. */
  restart(): Promise<void>
  /** Ends its pools and the server, and deletes its data. */
  stop(): Promise<void>
}

export interface PostgresServerOptions {
  /**
   * A commit is on disk before it is answered, as everywhere but in tests.
   * @default false
   */
  durable?: boolean
}

export async function startPostgres({
  durable = false,
}: PostgresServerOptions = {}): Promise<PostgresServer> {
  const data = ownFolder('sluice-postgres-')
  // The server refuses to run as root.
  const args = ['-D', data, '-A', 'trust', '-U', 'postgres', '-N', '--locale=C', '-E', 'UTF8']
  execFileSync(join(folder, 'initdb'), args, { stdio: 'ignore', cwd: data, ...account() })
  const pools = new Set<Pool>()
  // Between finding a free port and taking it, another process may be faster: then others are tried.
  for (let attempt = 1; attempt <= 10; attempt++) {
    const config = {
      host: '127.0.0.1',
      port: await freePort(),
      user: 'postgres',
      database: 'postgres',
    }
    let server = await spawnPostgres(data, config, durable)
    if (server === undefined) continue
    const kill = async (): Promise<void> => {
      // An immediate shutdown: without it, the processes of connections would live on for a while.
      await server?.kill('SIGQUIT')
      server = undefined
    }
    return {
      config,
      pool: (own) => poolOf(pools, { ...config, ...own }),
      kill,
      async restart() {
        await kill()
        server = await spawnPostgres(data, config, durable)
        if (server === undefined) throw new Error(`Postgres did not come back on ${config.port}.`)
      },
      async stop() {
        await endAll(pools)
        await kill()
        rmSync(data, { recursive: true, force: true })
      },
    }
  }
  rmSync(data, { recursive: true, force: true })
  throw new Error(`${binary} did not start on any of ten free ports.`)
}

/** PgBouncer in transaction mode, in front of a server. */
export async function startPooler({
  config: { host, port: serverPort, user, database },
}: PostgresServer): Promise<Pick<PostgresServer, 'config' | 'pool' | 'stop'>> {
  const own = ownFolder('sluice-pgbouncer-')
  const pools = new Set<Pool>()
  for (let attempt = 1; attempt <= 10; attempt++) {
    const port = await freePort()
    const file = join(own, 'pgbouncer.ini')
    writeFileSync(
      file,
      `[databases]
${database} = host=${host} port=${serverPort} user=${user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
`,
    )
    const config = { host: '127.0.0.1', port, user, database }
    const child = new ServerProcess(pooler, [file], account())
    if (!(await untilReady(child, () => answers(config, '1', 'SELECT 1 AS value')))) continue
    return {
      config,
      pool: (given) => poolOf(pools, { ...config, ...given }),
      async stop() {
        await endAll(pools)
        await child.kill()
        rmSync(own, { recursive: true, force: true })
      },
    }
  }
  throw new Error(`${pooler} did not start on any of ten free ports.`)
}

/** @returns undefined if it ended before it answered */
async function spawnPostgres(
  data: string,
  config: PostgresServer['config'],
  durable: boolean,
): Promise<ServerProcess | undefined> {
  const settings = [
    `port=${config.port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    // The machine itself does not crash in tests.
    `fsync=${durable ? 'on' : 'off'}`,
    'max_connections=200',
  ]
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const child = new ServerProcess(binary, args, account())
  const isReady = (): Promise<boolean> =>
    answers(config, data, `SELECT current_setting('data_directory') AS value`)
  return (await untilReady(child, isReady)) ? child : undefined
}

async function untilReady(child: ServerProcess, isReady: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 20_000
  while (!child.ended && Date.now() < deadline) {
    if (await isReady()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await child.kill()
  return false
}

/** Whether this very server answers. */
async function answers(config: PoolConfig, expected: string, text: string): Promise<boolean> {
  const client = new Client(config)
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ value: unknown }>(text)
    return String(rows[0]?.value) === expected
  } catch {
    return false
  } finally {
    client.end().catch(() => {})
  }
}

function poolOf(pools: Set<Pool>, config: PoolConfig): Pool {
  const pool = new Pool(config)
  pool.on('error', () => {})
  pools.add(pool)
  return pool
}

async function endAll(pools: ReadonlySet<Pool>): Promise<void> {
  await Promise.all([...pools].filter(({ ending }) => !ending).map((pool) => pool.end()))
}

/** A new folder of the account that the servers run under. */
function ownFolder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), name))
  const { uid, gid } = account()
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
  return path
}

let found: Account | undefined

/** That of Debian's package, if the tests run as root, which the servers refuse. */
function account(): Account {
  if (process.getuid?.() !== 0) return {}
  const idOf = (option: string): number =>
    Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }))
  found ??= { uid: idOf('-u'), gid: idOf('-g') }
  return found
}

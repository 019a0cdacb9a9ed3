import type { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Message } from '../../../src/entries/index.js'
import {
  migrate,
  type PostgresPool,
  postgresLog,
  postgresStore,
  schema,
} from '../../../src/entries/postgres.js'
import { createResumable } from '../../../src/entries/resumable.js'
import { checkProperty } from '../../resumable/property.js'
import {
  type PostgresServer,
  postgresNote,
  postgresPresent,
  startPooler,
  startPostgres,
} from '../../support/postgres.js'

const turn: Message[] = [{ role: 'user', content: 'Hello' }]
const lease = { fence: 'a', leaseMs: 60_000 }
const batch = { first: 1, events: ['{}'], ended: false }
const silent = { appended() {}, missed() {} }

const unused: PostgresPool = { connect: () => Promise.reject(new Error('not used')) }

describe('options', () => {
  test.each([
    [{ ttlMs: 0 }, ['"ttlMs"', '0']],
    [{ commandTimeoutMs: -1 }, ['"commandTimeoutMs"', '-1']],
    [{ pollMs: 0 }, ['"pollMs"', '0']],
    [{ pollMs: Infinity }, ['"pollMs"', 'Infinity']],
    [{ listen: true }, ['"listen"', 'true', 'new Pool()']],
    [{ listen: {} }, ['"listen"', 'new Pool()']],
    [{ prefix: 'Chat_' }, ['"prefix"', '"Chat_"', 'lower case']],
    [{ prefix: 'x; DROP TABLE y; --' }, ['"prefix"']],
    [{ prefix: 'a.b.c_' }, ['"prefix"']],
    [{ onListenError: 'log' }, ['"onListenError"']],
    [{ ttl: 5 }, ['"ttl"', 'ttlMs']],
    [5, ['"options"', '5']],
  ])('postgresStore() and postgresLog() reject the options %j', (options, words) => {
    for (const create of [postgresStore, postgresLog]) {
      const run = () => create(unused, options as object)
      expect(run).toThrow(TypeError)
      for (const word of words) expect(run).toThrow(word)
    }
  })

  test.each([[undefined], ['postgres://'], [{}], [{ query() {} }]])(
    'postgresStore(), postgresLog() and migrate() refuse the pool %j with a TypeError',
    async (pool) => {
      for (const create of [postgresStore, postgresLog]) {
        expect(() => create(pool as never)).toThrow(/new Pool\(\) of "pg"/)
      }
      await expect(migrate(pool as never)).rejects.toThrow(/new Pool\(\) of "pg"/)
    },
  )

  test('schema() and migrate() check the prefix', async () => {
    expect(() => schema({ prefix: '"' })).toThrow(/"prefix"/)
    await expect(migrate(unused, { prefix: '"' })).rejects.toThrow(/"prefix"/)
  })

  test.each([['a\0b'], ['x'.repeat(2_501)]])('an id of Postgres is checked: %j', async (id) => {
    await expect(postgresStore(unused).load(id)).rejects.toThrow(TypeError)
    await expect(postgresStore(unused).lock(id, { ttlMs: 1 })).rejects.toThrow(/"id"/)
    await expect(postgresLog(unused).subscribe(id, silent)).rejects.toThrow(/"id"/)
    await expect(postgresLog(unused).read(id, 0)).rejects.toThrow(/2500 characters/)
  })

  test('a cursor that is none is refused with a TypeError', async () => {
    const list = postgresStore(unused).list?.({ before: "x' OR true" })
    await expect(list).rejects.toThrow(/"before".*"next"/)
  })
})

describe.skipIf(!postgresPresent)(`Postgres${postgresNote}`, () => {
  let server: PostgresServer
  let pool: Pool
  let databases = 0

  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.stop())
  beforeEach(async () => {
    pool = await newDatabase()
  })

  /** A pool on an empty database. */
  async function newDatabase(config: object = {}): Promise<Pool> {
    const database = `test_${++databases}`
    await server.pool().query(`CREATE DATABASE ${database}`)
    return server.pool({ database, ...config })
  }

  async function tablesOf(from: Pool): Promise<string[]> {
    const { rows } = await from.query<{ name: string }>(
      `SELECT schemaname || '.' || tablename AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY name`,
    )
    return rows.map(({ name }) => name)
  }

  async function countOf(table: string): Promise<number> {
    const { rows } = await pool.query<{ count: string }>(`SELECT count(*) FROM ${table}`)
    return Number(rows[0]?.count)
  }

  /** Connections that listen. */
  async function listening(): Promise<number> {
    const { rows } = await pool.query<{ count: string }>(
      `SELECT count(*) FROM pg_stat_activity
       WHERE datname = current_database() AND query ~ '^LISTEN'`,
    )
    return Number(rows[0]?.count)
  }

  describe('tables', () => {
    test('are created on first use, and all begin with the prefix', async () => {
      await postgresStore(pool).load('a')
      const tables = await tablesOf(pool)
      expect(tables).toHaveLength(6)
      expect(tables.every((name) => name.startsWith('public.sluice_'))).toBe(true)
      await pool.query('CREATE SCHEMA chat')
      await postgresLog(pool, { prefix: 'chat.s_' }).create('a', lease)
      expect((await tablesOf(pool)).filter((name) => name.startsWith('chat.s_'))).toHaveLength(6)
      expect(await postgresLog(pool).read('a', 0)).toBeNull()
    })

    test('are used by a role that may not create any, after migrate() or the SQL of schema()', async () => {
      const own = await newDatabase()
      const database = own.options.database ?? ''
      await own.query('CREATE ROLE app LOGIN')
      for (const create of [() => migrate(own), () => own.query(schema({ prefix: 'sql_' }))]) {
        const prefix = create.toString().includes('sql_') ? 'sql_' : 'sluice_'
        const app = server.pool({ database, user: 'app' })
        const store = postgresStore(app, { prefix })
        await expect(store.load('a')).rejects.toMatchObject({
          code: 'store',
          message: expect.stringContaining('migrate(pool)'),
        })
        await create()
        // Again does nothing.
        await create()
        await own.query(
          `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;
           GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app`,
        )
        await store.write('a', { add: turn }, null)
        expect((await store.load('a')).messages).toEqual(turn)
        const log = postgresLog(app, { prefix })
        await log.create('a', lease)
        expect(await log.append('a', lease, batch)).toBe('held')
        await (await store.lock('a', { ttlMs: 1_000 })).release()
      }
    })
  })

  describe('the list', () => {
    test('has titles, which stay until they change, and a clear deletes', async () => {
      const store = postgresStore(pool)
      const titles = async (): Promise<unknown> =>
        (await store.list?.())?.conversations.map(({ title }) => title)
      let version = await store.write('a', { add: turn, title: 'First' }, null)
      expect(await titles()).toEqual(['First'])
      version = await store.write('a', { draft: { step: 1 } }, version)
      expect(await titles()).toEqual(['First'])
      version = await store.write('a', { title: 'a\0\ud800\n' }, version)
      expect(await titles()).toEqual(['a\0\ud800\n'])
      await store.clear('a')
      version = (await store.load('a')).version ?? ''
      await store.write('a', { add: turn }, version)
      expect(await titles()).toEqual([undefined])
    })

    test('has the conversations whose id begins with the prefix, in pages', async () => {
      const store = postgresStore(pool)
      for (const id of ['a/1', 'b/1', 'a/2', 'a%', 'a/3'])
        await store.write(id, { add: turn }, null)
      const ids: string[] = []
      let before: string | undefined
      do {
        const page = await store.list?.({ prefix: 'a/', limit: 1, ...(before && { before }) })
        ids.push(...(page?.conversations.map(({ id }) => id) ?? []))
        before = page?.next
      } while (before !== undefined)
      expect(ids).toEqual(['a/3', 'a/2', 'a/1'])
      for (const prefix of ['a\0', '\ud800']) {
        expect(await store.list?.({ prefix })).toEqual({ conversations: [] })
      }
    })
  })

  describe('expired rows', () => {
    test('conversations, with their messages, are deleted by new ones in small steps', async () => {
      const store = postgresStore(pool, { ttlMs: 50 })
      for (let index = 0; index < 12; index++) {
        await store.write(`${index}`, { add: turn, draft: {} }, null)
      }
      await new Promise((resolve) => setTimeout(resolve, 60))
      const counts: number[] = []
      for (let index = 0; index < 3; index++) {
        await postgresStore(pool).write(`new ${index}`, { add: turn }, null)
        counts.push(await countOf('sluice_messages'))
      }
      expect(counts.at(-1)).toBe(3)
      expect(await countOf('sluice_conversations')).toBe(3)
    })

    test('streams, with their events, are deleted by new ones', async () => {
      const log = postgresLog(pool, { ttlMs: 50 })
      for (let index = 0; index < 7; index++) {
        await log.create(`${index}`, { ...lease, leaseMs: 50 })
        await log.append(`${index}`, { ...lease, leaseMs: 50 }, { ...batch, ended: true })
      }
      await new Promise((resolve) => setTimeout(resolve, 60))
      // As if the minute were over.
      await pool.query('UPDATE sluice_streams SET sweep = expires')
      for (let index = 0; index < 2; index++) await log.create(`new ${index}`, lease)
      expect(await countOf('sluice_streams')).toBe(2)
      expect(await countOf('sluice_entries')).toBe(0)
    })

    test('a new stream has no events of an expired one with the same id', async () => {
      const log = postgresLog(pool, { ttlMs: 50 })
      await log.create('a', lease)
      await log.append('a', lease, { ...batch, ended: true })
      await expect.poll(() => log.read('a', 0)).toBeNull()
      expect(await log.create('a', { ...lease, fence: 'b' })).toBe(true)
      expect(await log.read('a', 0)).toMatchObject({ events: [], last: 0, ended: false })
      expect(await countOf('sluice_entries')).toBe(0)
    })
  })

  test('abandoned() lists streams that wait for a producer', async () => {
    const log = postgresLog(pool)
    for (const id of ['held', 'released', 'lapsed', 'ended']) {
      await log.create(id, { ...lease, leaseMs: id === 'lapsed' ? 1 : 60_000 })
    }
    await log.release('released', lease)
    await log.append('ended', lease, { ...batch, ended: true })
    await expect.poll(() => log.abandoned?.(10)).toEqual(['released', 'lapsed'])
    expect(await log.abandoned?.(1)).toHaveLength(1)
  })

  describe('LISTEN', () => {
    test('takes one connection for all stores and logs of a pool, while somebody needs it', async () => {
      const log = postgresLog(pool)
      const others = [postgresLog(pool, { ttlMs: 5_000 }), postgresLog(pool, { prefix: 'x_' })]
      const leaves = await Promise.all([log, ...others].map((each) => each.subscribe('s', silent)))
      leaves.push(await log.onStop('s', () => {}))
      await expect.poll(listening).toBe(1)
      for (const leave of leaves.slice(1)) leave()
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      expect(await listening()).toBe(1)
      leaves[0]?.()
      await expect.poll(listening, { timeout: 5_000 }).toBe(0)
    })

    test('delivers at once what would otherwise wait for the next poll', async () => {
      const log = postgresLog(pool, { pollMs: 60_000 })
      await log.create('s', lease)
      const appended = vi.fn()
      const leave = await postgresLog(pool, { pollMs: 60_000 }).subscribe('s', {
        appended,
        missed() {},
      })
      await expect.poll(listening).toBe(1)
      await log.append('s', lease, batch)
      await expect.poll(() => appended.mock.calls).toEqual([[batch]])
      leave()
    })

    test('wakes the next caller for a lock at once', async () => {
      const store = postgresStore(pool, { pollMs: 60_000 })
      const first = await store.lock('a', { ttlMs: 60_000 })
      const second = store.lock('a', { ttlMs: 60_000 })
      await expect.poll(listening).toBe(1)
      await expect.poll(() => countOf('sluice_waiting')).toBe(1)
      // Not by the report that it makes each second.
      await new Promise((resolve) => setTimeout(resolve, 100))
      await first.release()
      const startedAt = performance.now()
      await (await second).release()
      expect(performance.now() - startedAt).toBeLessThan(500)
    })

    test('is not used with a pool of one connection, which polls and reports it', async () => {
      const single = await newDatabase({ max: 1 })
      const onListenError = vi.fn()
      const log = postgresLog(single, { pollMs: 50, onListenError })
      await log.create('s', lease)
      const appended = vi.fn()
      const leave = await log.subscribe('s', { appended, missed() {} })
      await log.append('s', lease, batch)
      await expect.poll(() => appended.mock.calls).toEqual([[batch]])
      expect(onListenError.mock.calls).toMatchObject([
        [{ code: 'store', message: expect.stringContaining('"max"') }],
      ])
      leave()
    })

    test('behind a pooler in transaction mode is found out, reported once, and replaced by polling', async () => {
      const pooler = await startPooler(server)
      try {
        const pooled = pooler.pool()
        const onListenError = vi.fn()
        const log = postgresLog(pooled, { pollMs: 50, onListenError })
        const other = postgresLog(pooled, { listen: false })
        await log.create('s', lease)
        const events: string[] = []
        const stopped = vi.fn()
        const missed = vi.fn()
        const leaves = [
          await log.subscribe('s', { appended: (each) => events.push(...each.events), missed }),
          await log.onStop('s', stopped),
        ]
        const append = async (first: number): Promise<void> => {
          await other.append('s', lease, { first, events: [`{"n":${first}}`], ended: false })
          await expect.poll(() => events).toHaveLength(first)
        }
        // While it tries, and after it has given up.
        await append(1)
        await append(2)
        await expect
          .poll(() => onListenError.mock.calls, { timeout: 8_000 })
          .toMatchObject([
            [{ code: 'store', message: expect.stringContaining('pooler in transaction mode') }],
          ])
        for (let first = 3; first <= 10; first++) await append(first)
        await other.stop('s')
        await expect.poll(() => stopped.mock.calls.length).toBe(1)
        await other.release('s', lease)
        await expect.poll(() => missed.mock.calls.length).toBeGreaterThan(0)
        expect(onListenError).toHaveBeenCalledTimes(1)
        for (const leave of leaves) leave()
      } finally {
        await pooler.stop()
      }
    }, 30_000)
  })

  test('followers on several pools read every stream exactly, once and in order', async () => {
    const logs = [
      postgresLog(pool),
      postgresLog(server.pool({ database: pool.options.database ?? '' })),
      postgresLog(pool, { listen: false, pollMs: 20 }),
    ]
    await checkProperty(
      logs.map((log) => createResumable({ log })),
      10,
    )
  }, 60_000)
})

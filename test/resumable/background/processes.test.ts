import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../../src/base/events.js'
import { createConversation } from '../../../src/entries/conversation.js'
import { openai } from '../../../src/entries/openai.js'
import { createResumable } from '../../../src/entries/resumable.js'
import { sqliteLog, sqliteStore } from '../../../src/entries/sqlite.js'
import { BackgroundServer } from '../../support/background-server.js'
import { outline } from '../../support/collect.js'
import { LineProcess } from '../../support/line-process.js'
import { readRest } from '../support.js'

const words = ['One ', 'two ', 'three ', 'four']
let folder = ''
let database: DatabaseSync
let server: BackgroundServer
let baseURL = ''
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'background-'))
  database = new DatabaseSync(join(folder, 'chat.db'))
  server = new BackgroundServer(words)
  baseURL = await server.start()
})
afterEach(() => {
  server.close()
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start() {
  const child = new LineProcess('background-child.ts', {
    file: join(folder, 'chat.db'),
    id: 's',
    baseURL,
  })
  const driver = openai({
    model: 'gpt-5.5',
    api: 'responses',
    apiKey: 'any',
    baseURL,
    body: { background: true },
  })
  const store = sqliteStore(database)
  const conversation = createConversation({ id: 'c', store, driver })
  const log = sqliteLog(database)
  const resumable = createResumable({
    log,
    leaseMs: 2_000,
    revive: (_id, left) => conversation.resume(left),
  })
  const responseOf = async () => (await store.load('c')).draft as { response?: { id: string } }
  const known = () =>
    vi.waitFor(async () => expect((await responseOf()).response?.id).toBe('resp_1'))
  const asked = () =>
    vi.waitFor(() => expect(server.count('POST'), child.errors).toBe(1), { timeout: 25_000 })
  return { child, resumable, conversation, asked, known }
}

const textsOf = (events: readonly StreamEvent[]): string =>
  events.map((event) => (event.type === 'content' && 'text' in event ? event.text : '')).join('')

describe('a background response whose process is gone', () => {
  test.each(['killed', 'ended by handOver()'])(
    '%s, is read by another process, and is paid once',
    async (how) => {
      const { child, resumable, conversation, asked, known } = await start()
      await asked()
      server.tell(2)
      await child.line('text two')
      await known()
      if (how === 'killed') await child.kill()
      else {
        child.tell('hand over')
        await child.line('handed over')
      }
      // It goes on at the provider, and nobody reads it.
      server.tell(3)
      const live = readRest(resumable, 's')
      await vi.waitFor(() => expect(server.count('GET')).toBe(1), { timeout: 25_000 })
      server.tell()
      const events = await live
      expect(outline(events)).toEqual([
        'start',
        'text One ',
        'text two ',
        'retry 2/2 continue interrupted',
        'text three ',
        'text four',
        'complete One two three four',
      ])
      expect(server.requests).toEqual([
        'POST /v1/responses',
        'GET /v1/responses/resp_1?stream=true',
      ])
      expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 3, outputTokens: 4 } })
      expect(await conversation.messages()).toHaveLength(2)
    },
    60_000,
  )

  test('is read by another process although it had shown nothing', async () => {
    const { child, resumable, asked, known } = await start()
    await asked()
    server.tell(0)
    await known()
    await child.kill()
    server.tell()
    const events = await readRest(resumable, 's')
    expect(textsOf(events)).toBe('One two three four')
    expect(server.count('POST')).toBe(1)
  }, 60_000)

  test('restarts from its beginning if readers have received something else', async () => {
    const { child, resumable, asked, known } = await start()
    await asked()
    server.tell(1)
    await child.line('text One')
    await known()
    await child.kill()
    database.exec(`UPDATE sluice_entries SET lines = replace(lines, 'One ', 'Two ')`)
    server.tell()
    const events = await readRest(resumable, 's')
    const modes = outline(events).filter((line) => line.startsWith('retry'))
    expect(modes).toEqual(['retry 2/2 continue interrupted', 'retry 3/3 restart interrupted'])
    expect(events.at(-1)).toMatchObject({ type: 'complete', text: 'One two three four' })
    expect(server.count('POST')).toBe(1)
  }, 60_000)
})

test('a background response of a turn that is stopped is cancelled at the provider', async () => {
  const { child, resumable, asked, known } = await start()
  await asked()
  server.tell(1)
  await child.line('text One')
  await known()
  await resumable.stop('s')
  await child.line('ended error')
  await vi.waitFor(() => expect(server.requests.at(-1)).toBe('POST /v1/responses/resp_1/cancel'))
  await child.kill()
}, 60_000)

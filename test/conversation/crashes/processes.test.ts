import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { tool } from 'sluice'
import { createConversation } from 'sluice/conversation'
import { sqliteStore } from 'sluice/sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CrashPoint } from '../../support/crash-child.js'
import { LineProcess } from '../../support/line-process.js'
import { calling, playing, saying } from '../../support/turns.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crash-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Kills a process in its turn, and resumes the turn in this one. */
async function crash(point: CrashPoint, once: boolean) {
  const file = join(folder, 'chat.db')
  const effects = join(folder, 'effects')
  const child = new LineProcess('crash-child.ts', { file, effects, point, once })
  await child.line('reached')
  await child.kill()
  const seen = (): string[] => {
    try {
      return readFileSync(effects, 'utf8').trim().split('\n')
    } catch {
      return []
    }
  }
  const before = seen()
  const keys: string[] = []
  const pay = tool({
    parameters: { type: 'object' },
    once,
    run: (_input: object, { key }) => {
      keys.push(key)
      return 'paid'
    },
  })
  const asksFirst = point === 'question' || point === 'text'
  const scripts = [...(asksFirst ? [calling(['a', 'pay'])] : []), saying('Done.')]
  const { driver, requests } = playing(...scripts)
  const database = new DatabaseSync(file)
  const store = sqliteStore(database)
  const conversation = createConversation({ id: 'c', store, driver, tools: { pay }, leaseMs: 500 })
  const complete = await conversation.resume().final()
  const messages = await conversation.messages()
  const { draft } = await conversation.read()
  database.close()
  return { before, keys, complete, messages, draft, requests }
}

const paid = { type: 'tool-result', id: 'a', output: 'paid' }
const unknown = { id: 'a', isError: true, output: expect.stringContaining('not known') }

describe('a turn whose process was killed', () => {
  test.each([
    // The point, once, effects before, runs after, requests after, the result
    ['question', false, 0, 1, 2, paid],
    ['text', false, 0, 1, 2, paid],
    ['before run', false, 0, 1, 1, paid],
    ['before run', true, 0, 0, 1, unknown],
    ['in run', false, 1, 1, 1, paid],
    ['in run', true, 1, 0, 1, unknown],
    ['next step', true, 1, 0, 1, paid],
    ['commit', true, 1, 0, 1, paid],
  ] as const)(
    'at "%s", with once %s, ends elsewhere, whole and once',
    async (...row) => {
      const [point, once, effects, runs, requests, result] = row
      const turn = await crash(point, once)
      expect(turn.before).toHaveLength(effects)
      expect(turn.keys).toHaveLength(runs)
      // What runs again has the same key, so that the other side can tell.
      expect(new Set([...turn.before, ...turn.keys]).size).toBeLessThanOrEqual(1)
      expect(turn.requests).toHaveLength(requests)
      expect(turn.complete).toMatchObject({ finishReason: 'stop', text: 'Done.' })
      expect(turn.messages).toMatchObject([
        { role: 'user', content: 'Pay.' },
        {
          role: 'assistant',
          key: 'k',
          content: [{ type: 'tool-call', id: 'a' }, result, { type: 'text', text: 'Done.' }],
        },
      ])
      expect(turn.draft).toBeUndefined()
    },
    30_000,
  )
})

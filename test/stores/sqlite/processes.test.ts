/**
 * Several processes on one file.
 */

import { afterAll, describe, expect, test } from 'vitest'
import type { ConversationPage, ConversationStore } from '../../../src/entries/conversation.js'
import { testLog, testStore } from '../../../src/entries/testing.js'
import { sqliteFile } from '../../support/sqlite.js'
import { StoreProcess } from '../../support/store-process.js'
import { processCases } from '../process-cases.js'

describe('a file that three processes use', () => {
  const file = sqliteFile()
  const children = [1, 2, 3].map(() => new StoreProcess({ path: file.path }))
  afterAll(async () => {
    await Promise.all(children.map((child) => child.kill()))
    file.remove()
  })
  let calls = 0
  const next = (): StoreProcess => children[calls++ % children.length] as StoreProcess

  testStore({
    name: 'three processes',
    test: test.concurrent,
    store: ({ ttlMs }): ConversationStore => ({
      load: (id) => next().store(ttlMs).load(id),
      write: (id, change, version) => next().store(ttlMs).write(id, change, version),
      clear: (id) => next().store(ttlMs).clear(id),
      lock: (id, options) => next().store(ttlMs).lock(id, options),
      list: (options) => next().store(ttlMs).list?.(options) as Promise<ConversationPage>,
    }),
  })

  testLog({
    name: 'three processes',
    test: test.concurrent,
    log: ({ ttlMs }) => next().log(ttlMs),
    other: ({ ttlMs }) => next().log(ttlMs),
  })
})

test('ten processes set up one new file at the same time', async () => {
  const file = sqliteFile()
  const children = Array.from({ length: 10 }, () => new StoreProcess({ path: file.path }))
  try {
    const writes = children.map((child, index) =>
      child.store(60_000).write(`${index}`, { draft: { index } }, null),
    )
    await Promise.all(writes)
    const drafts = await Promise.all(
      children.map(async (_, index) => (await children[0]?.store(60_000).load(`${index}`))?.draft),
    )
    expect(drafts).toEqual(children.map((_, index) => ({ index })))
  } finally {
    await Promise.all(children.map((child) => child.kill()))
    file.remove()
  }
}, 30_000)

describe('processes on one file', () => {
  const file = sqliteFile()
  afterAll(() => file.remove())
  processCases(() => new StoreProcess({ path: file.path }))
})

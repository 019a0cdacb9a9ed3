/**
 * Half a surrogate pair becomes U+FFFD in UTF-8, so two such ids would be one in a database.
 */

import { describe, expect, test } from 'vitest'
import { createConversation, memoryStore } from '../src/entries/conversation.js'
import { createStream } from '../src/entries/index.js'
import { createResumable, memoryLog } from '../src/entries/resumable.js'
import { scripted } from '../src/entries/testing.js'
import { taggedName } from '../src/stores/redis/keys.js'
import { everyDriver } from './support/every-driver.js'

const bad = 'user-\ud83d'
const good = 'user-\u{1f44b}'
const driver = scripted(['Hi'])
const log = memoryLog()
const store = memoryStore()
const resumable = createResumable({ log })
const lease = { fence: 'f', leaseMs: 1_000 }

const uses: [string, (id: string) => unknown][] = [
  ['createConversation()', (id) => createConversation({ id, driver, store })],
  ['publish()', (id) => resumable.publish(id, createStream({ driver, prompt: 'p' }))],
  ['follow()', (id) => resumable.follow(id)],
  ['stop()', (id) => resumable.stop(id)],
  ['load() of the memory store', (id) => store.load(id)],
  ['lock() of the memory store', (id) => store.lock(id, { leaseMs: 100, wait: false } as never)],
  ['clear() of the memory store', (id) => store.clear(id)],
  ['create() of the memory log', (id) => log.create(id, lease)],
  ['read() of the memory log', (id) => log.read(id, 0)],
  ['the keys of Redis', (id) => taggedName('p:', id)],
]

test.each(uses)('%s refuses an id that is not well-formed', async (_name, use) => {
  await expect((async () => use(bad))()).rejects.toThrow(
    /^Option "id" is "user-\\ud83d". Allowed: a well-formed string that is not empty.$/,
  )
  await expect((async () => use(good))()).resolves.not.toThrow()
})

describe.each(everyDriver)('the driver $name', (row) => {
  test('refuses the name of a model that is not well-formed', () => {
    expect(() => row.driver({ model: bad })).toThrow('Allowed: the name of a model.')
    expect(() => row.driver({ model: good })).not.toThrow()
  })
})

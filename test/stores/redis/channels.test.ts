import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RedisChannels } from '../../../src/stores/redis/channels.js'
import { RedisConnection } from '../../../src/stores/redis/connection.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../../support/redis.js'
import { clients, type TestClient } from '../../support/redis-clients.js'

describe.skipIf(!redisPresent).each(Object.entries(clients))(`by %s${redisNote}`, (_, connect) => {
  let server: RedisServer
  let given: TestClient
  let redis: RedisConnection
  beforeEach(async () => {
    server = await startRedis()
    given = await connect(server)
    redis = new RedisConnection(given.client, 5_000)
  }, 30_000)
  afterEach(async () => {
    given.close()
    await server.stop()
  })

  /** Every connection to the server. */
  async function connections(): Promise<number> {
    const list = String(await redis.send('', ['CLIENT', 'LIST']))
    return list.split('\n').filter((line) => line !== '').length
  }

  function listener() {
    const heard: string[] = []
    return { heard, message: (text: string) => void heard.push(text), missed() {} }
  }

  test('one connection carries all channels while there are listeners', async () => {
    const channels = new RedisChannels(redis)
    for (let round = 0; round < 2; round++) {
      const leaves = await Promise.all(
        Array.from({ length: 100 }, (_each, index) => channels.subscribe(`${index}`, listener())),
      )
      const one = listener()
      leaves.push(await channels.subscribe('7', one))
      await redis.send('', ['PUBLISH', '7', `round ${round}`])
      await expect.poll(() => one.heard).toEqual([`round ${round}`])
      expect(await connections()).toBe(2)
      for (const leave of leaves) leave()
      await expect.poll(connections, { timeout: 5_000 }).toBe(1)
    }
  }, 30_000)

  test('a connection that had no listeners for a moment is reused', async () => {
    const channels = new RedisChannels(redis)
    const leave = await channels.subscribe('a', listener())
    leave()
    const stays = listener()
    const leaveAgain = await channels.subscribe('a', stays)
    // Longer than a connection is kept that is idle.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await redis.send('', ['PUBLISH', 'a', 'still here'])
    await expect.poll(() => stays.heard).toEqual(['still here'])
    leaveAgain()
  }, 30_000)

  test('a failed subscription does not affect the next one', async () => {
    const impatient = new RedisChannels(new RedisConnection(given.client, 300))
    server.pause()
    await expect(impatient.subscribe('a', listener())).rejects.toMatchObject({ code: 'store' })
    server.resume()
    const stays = listener()
    await expect
      .poll(
        () =>
          impatient.subscribe('a', stays).then(
            () => true,
            () => false,
          ),
        { timeout: 5_000 },
      )
      .toBe(true)
    await redis.send('', ['PUBLISH', 'a', 'heard'])
    await expect.poll(() => stays.heard).toEqual(['heard'])
  }, 30_000)
})

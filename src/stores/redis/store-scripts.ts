/**
 * The scripts for a conversation, each atomic. They may run twice with the same arguments, because
 * clients repeat a command after a lost connection although it may have been run.
 *
 * A conversation is one list: its version, its draft (empty for none), then one message an element.
 * A title follows the version, after a space.
 * One key cannot expire or be evicted by half, and an element is written without the others.
 *
 * @module
 */

import type { RedisScript } from './connection.js'

/**
 * KEYS: history. Read by a script because cluster clients may send a plain read to a replica, which
 * lags behind.
 */
export const loadScript: RedisScript = { lua: `return redis.call('LRANGE', KEYS[1], 0, -1)` }

/**
 * KEYS: history. Returns the version with the title, the number of messages, and whether there is a
 * draft; nil if there is no conversation.
 */
export const summaryScript: RedisScript = {
  lua: `
local head = redis.call('LINDEX', KEYS[1], 0)
if not head then return nil end
return {head, redis.call('LLEN', KEYS[1]) - 2, redis.call('LINDEX', KEYS[1], 1) == '' and 0 or 1}`,
}

/**
 * KEYS: history. ARGV: expected version ('' for none), new version, ttl ('' for none), how many
 * messages to keep ('' for all), whether to set the draft ('1'), draft ('' for none), a space and the
 * title ('' for the earlier one), messages. Returns 1, or 0 for a conflict.
 */
export const writeScript: RedisScript = {
  lua: `
local head = redis.call('LINDEX', KEYS[1], 0)
local version, title = string.match(head or '', '^(%S*)(.*)$')
if version == ARGV[2] then return 1 end
if version ~= ARGV[1] then return 0 end
if ARGV[7] ~= '' then title = ARGV[7] end
if head then redis.call('LSET', KEYS[1], 0, ARGV[2] .. title) else redis.call('RPUSH', KEYS[1], ARGV[2] .. title, '') end
if ARGV[4] ~= '' then redis.call('LTRIM', KEYS[1], 0, ARGV[4] + 1) end
if ARGV[5] == '1' then redis.call('LSET', KEYS[1], 1, ARGV[6]) end
for i = 8, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
if ARGV[3] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) else redis.call('PERSIST', KEYS[1]) end
return 1`,
}

/** KEYS: history, lock. ARGV: new version, how long to keep it. */
export const clearScript: RedisScript = {
  lua: `
if redis.call('EXISTS', KEYS[1], KEYS[2]) == 0 then return 0 end
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[1], '')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`,
}

/**
 * KEYS: history, lock, queue (who waits, by arrival), asked (who waits, by the time of their last
 * poll). ARGV: token, lease, ttl ('' for none), whether to wait ('1'), how long a waiting client
 * may go without polling. Returns 0 if the lock is taken, or the place in the queue.
 */
export const lockScript: RedisScript = {
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now - ARGV[5])) do
  redis.call('ZREM', KEYS[3], gone)
  redis.call('ZREM', KEYS[4], gone)
end
local holder = redis.call('GET', KEYS[2])
local first = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
if holder == ARGV[1] or (not holder and (not first or first == ARGV[1])) then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('ZREM', KEYS[4], ARGV[1])
  if ARGV[3] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
  return 0
end
if ARGV[4] ~= '1' then return 1 end
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then
  local last = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')
  redis.call('ZADD', KEYS[3], (tonumber(last[2]) or 0) + 1, ARGV[1])
end
redis.call('ZADD', KEYS[4], now, ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[5] * 2)
redis.call('PEXPIRE', KEYS[4], ARGV[5] * 2)
return redis.call('ZRANK', KEYS[3], ARGV[1]) + 1`,
}

/**
 * KEYS: history, lock. ARGV: token, lease, ttl ('' for none). Returns 1, or 0 if somebody else
 * holds it.
 */
export const renewScript: RedisScript = {
  lua: `
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
if ARGV[3] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`,
}

/** KEYS: lock, queue, asked. ARGV: token. */
export const releaseScript: RedisScript = {
  lua: `
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`,
}

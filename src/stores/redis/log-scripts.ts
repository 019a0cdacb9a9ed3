/**
 * The scripts for a stream of events, each atomic. They may run twice with the same arguments,
 * because clients repeat a command after a lost connection although it may have been run.
 *
 * A stream of events is a Redis stream: an entry for each batch, with the number of its last event
 * in its id (`1-<number>`), and one line for each event in its only field. The name of the field
 * distinguishes an entry that ends the stream (`end`, written by the producer, or `seal`) from the
 * others (`events`). A first entry, `0-1`, is a placeholder until the first event. The state is a
 * hash, deleted at the end of the stream: the fence of its producer, the end of its lease (`until`),
 * the number of the last event and of the last one `before` the producer, the number of claims
 * (`revivals`), and whether the stream should stop.
 *
 * @module
 */

import type { RedisScript } from './connection.js'

/** The last entry: the number of its last event, and its fields. */
const last = `
local function last()
  local entry = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  if not entry then return nil end
  local part, number = entry[1]:match('(%d+)-(%d+)')
  return part == '0' and 0 or tonumber(number), entry[2]
end`

/** In milliseconds, with a fraction. */
const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000`

/** @param ttl - the argument that says how long to keep the stream, '' for no limit */
const keep = (ttl: string): string => `
if ${ttl} ~= '' then
  redis.call('PEXPIRE', KEYS[1], ${ttl})
  redis.call('PEXPIRE', KEYS[2], ${ttl})
end`

/** KEYS: log, state. ARGV: fence, lease, how long to keep it. Returns 1, or 0 if there is one. */
export const createScript: RedisScript = {
  lua: `${now}
if redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.call('HGET', KEYS[2], 'fence') == ARGV[1] and 1 or 0
end
redis.call('DEL', KEYS[2])
redis.call('XADD', KEYS[1], '0-1', 'create', ARGV[1])
redis.call('HSET', KEYS[2], 'fence', ARGV[1], 'until', now + ARGV[2], 'last', 0, 'before', 0, 'revivals', 0)
${keep('ARGV[3]')}
return 1`,
}

/**
 * KEYS: log, state. ARGV: fence, lease, how long to keep it ('' for no limit), number of the first
 * event, of the last, 'events' or 'end', lines, channel. Returns 0 for lost, 1 for held, 2 for
 * stopping.
 */
export const appendScript: RedisScript = {
  lua: `${last}${now}
local state = redis.call('HMGET', KEYS[2], 'fence', 'last', 'stopping', 'before', 'until')
if state[1] ~= ARGV[1] then
  local number, fields = last()
  local isThere = number == tonumber(ARGV[5]) and fields[1] == 'end' and fields[4] == ARGV[1]
  return isThere and 1 or 0
end
local code = state[3] and 2 or 1
if tonumber(state[2]) >= tonumber(ARGV[5]) then
  return tonumber(ARGV[4]) > tonumber(state[4]) and code or 0
end
if tonumber(state[5]) <= now or tonumber(state[2]) ~= ARGV[4] - 1 then return 0 end
local id = '1-' .. ARGV[5]
if ARGV[6] == 'end' then
  if not redis.call('XADD', KEYS[1], 'NOMKSTREAM', id, 'end', ARGV[7], 'fence', ARGV[1]) then return 0 end
  redis.call('DEL', KEYS[2])
else
  if not redis.call('XADD', KEYS[1], 'NOMKSTREAM', id, 'events', ARGV[7]) then return 0 end
  redis.call('HSET', KEYS[2], 'last', ARGV[5], 'until', now + ARGV[2])
end
${keep('ARGV[3]')}
redis.call('PUBLISH', ARGV[8], ARGV[6] .. ' ' .. ARGV[4] .. '\\n' .. ARGV[7])
return code`,
}

/**
 * KEYS: log, state. ARGV: fence, lease, how long to keep it ('' for no limit). Returns what an
 * append does.
 */
export const renewScript: RedisScript = {
  lua: `${now}
local state = redis.call('HMGET', KEYS[2], 'fence', 'stopping', 'until')
if state[1] ~= ARGV[1] or tonumber(state[3]) <= now then return 0 end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'until', now + ARGV[2])
${keep('ARGV[3]')}
return state[2] and 2 or 1`,
}

/**
 * KEYS: log, state. ARGV: fence, lease, how long to keep it ('' for no limit). Returns the number of
 * claims, or nil if it is refused.
 */
export const claimScript: RedisScript = {
  lua: `${last}${now}
local number, fields = last()
if not number or fields[1] == 'end' or fields[1] == 'seal' then return nil end
local state = redis.call('HMGET', KEYS[2], 'fence', 'until', 'revivals')
local revivals = tonumber(state[3] or 0)
if state[1] ~= ARGV[1] then
  if tonumber(state[2] or 0) > now then return nil end
  revivals = revivals + 1
  redis.call('HSET', KEYS[2], 'fence', ARGV[1], 'last', number, 'before', number, 'revivals', revivals)
end
redis.call('HSET', KEYS[2], 'until', now + ARGV[2])
${keep('ARGV[3]')}
return revivals`,
}

/** KEYS: log, state. ARGV: fence, how long to keep it ('' for no limit), channel. */
export const releaseScript: RedisScript = {
  lua: `
if redis.call('HGET', KEYS[2], 'fence') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'until', 0)
${keep('ARGV[2]')}
redis.call('PUBLISH', ARGV[3], 'released')
return 1`,
}

/**
 * KEYS: log, state. ARGV: after which event, how many entries. Returns the last entry, what is left
 * of the lease, and the entries.
 */
export const readScript: RedisScript = {
  lua: `${last}${now}
local number, fields = last()
if not number then return nil end
local entries = redis.call('XRANGE', KEYS[1], '(1-' .. ARGV[1], '+', 'COUNT', ARGV[2])
local left = (redis.call('HGET', KEYS[2], 'until') or 0) - now
return {number, fields[1], math.max(math.ceil(left), 0), entries}`,
}

/** KEYS: log, state. Returns 0 for none, 1 for ended, 2 for held, 3 for one that nobody holds. */
export const conditionScript: RedisScript = {
  lua: `${last}${now}
local number, fields = last()
if not number then return 0 end
if fields[1] == 'end' or fields[1] == 'seal' then return 1 end
return tonumber(redis.call('HGET', KEYS[2], 'until') or 0) > now and 2 or 3`,
}

/**
 * KEYS: log, state. ARGV: how long to keep it ('' for no limit), number of the first event, of the
 * last, lines, channel.
 */
export const sealScript: RedisScript = {
  lua: `${last}${now}
local number, fields = last()
if not number or fields[1] == 'end' or fields[1] == 'seal' then return 0 end
if (redis.call('HGET', KEYS[2], 'until') or 0) - now > 0 or number ~= ARGV[2] - 1 then return 0 end
redis.call('XADD', KEYS[1], '1-' .. ARGV[3], 'seal', ARGV[4])
redis.call('DEL', KEYS[2])
${keep('ARGV[1]')}
redis.call('PUBLISH', ARGV[5], 'seal ' .. ARGV[2] .. '\\n' .. ARGV[4])
return 1`,
}

/** KEYS: log, state. ARGV: channel. Returns 1, or 0 if there is nothing to stop. */
export const stopScript: RedisScript = {
  lua: `${last}
local number, fields = last()
if not number or fields[1] == 'end' or fields[1] == 'seal' then return 0 end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'stopping', 1) end
redis.call('PUBLISH', ARGV[1], 'stop')
return 1`,
}

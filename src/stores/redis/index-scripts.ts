/**
 * The scripts of an index, each atomic.
 *
 * An index is three sorted sets: the ids by the time of their last change (`times`, in microseconds
 * since 1970, no two the same), the ids by `name`, and the ids by the time at which somebody should
 * look whether what they name is still there (`looks`, in milliseconds since 1970).
 *
 * @module
 */

import type { RedisScript } from './connection.js'

/** The number of ids that are to be looked at with each new one. */
const dueLength = 2

/** The time between two looks, in milliseconds. */
const lookAgainMs = 86_400_000

/**
 * KEYS: times, names, looks. ARGV: id, when to look whether it is gone, in milliseconds from now (''
 * for never). Puts the id in front of all others. Returns ids that are to be looked at now, and
 * their times. An index without a new id for long expires, if everything in it does.
 */
export const touchScript: RedisScript = {
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, ${dueLength})) do
  redis.call('ZADD', KEYS[3], string.format('%.0f', now + ${lookAgainMs}), id)
  due[#due + 1] = id
  due[#due + 1] = redis.call('ZSCORE', KEYS[1], id) or '0'
end
local isNew = redis.call('EXISTS', KEYS[1]) == 0
local newest = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local at = math.max(time[1] * 1000000 + time[2], (tonumber(newest[2]) or 0) + 1)
redis.call('ZADD', KEYS[1], string.format('%.0f', at), ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
if ARGV[2] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
  for _, key in ipairs(KEYS) do redis.call('PERSIST', key) end
  return due
end
redis.call('ZADD', KEYS[3], string.format('%.0f', now + ARGV[2]), ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if isNew or (left >= 0 and left < ARGV[2] + ${lookAgainMs}) then
  for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, string.format('%.0f', ARGV[2] + ${lookAgainMs}))
  end
end
return due`,
}

/**
 * KEYS: times. ARGV: before which time, how many. Returns the present time in microseconds, and ids
 * with their times, the newest one first.
 */
export const newestScript: RedisScript = {
  lua: `
local time = redis.call('TIME')
local found = redis.call('ZREVRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
return {string.format('%.0f', time[1] * 1000000 + time[2]), found}`,
}

/**
 * KEYS: times, names. ARGV: prefix, after which id ('' for the first one), how many. Returns the
 * present time, ids that begin with the prefix, by name, and their times.
 */
export const namedScript: RedisScript = {
  lua: `
local time = redis.call('TIME')
local from = ARGV[2] == '' and '[' .. ARGV[1] or '(' .. ARGV[2]
local names = redis.call('ZRANGEBYLEX', KEYS[2], from, '(' .. ARGV[1] .. '\\255', 'LIMIT', 0, ARGV[3])
local found = {}
for _, name in ipairs(names) do
  found[#found + 1] = name
  found[#found + 1] = redis.call('ZSCORE', KEYS[1], name) or '0'
end
return {string.format('%.0f', time[1] * 1000000 + time[2]), found}`,
}

/**
 * KEYS: times, names, looks. ARGV: id, its time ('' for any). Removes the id, unless it has changed
 * since.
 */
export const forgetScript: RedisScript = {
  lua: `
local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if at and ARGV[2] ~= '' and tonumber(at) ~= tonumber(ARGV[2]) then return 0 end
for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end
return 1`,
}

"""What Redis does in one step: own a world, hold a lease, and write a batch if the worlds are still ours."""

from __future__ import annotations

from typing import Final

_NAMES: Final = """
local function keys_of(key) return 'vidmock:value:'..key, 'vidmock:order:'..key, 'vidmock:names:'..key end
local function id_of(owner) return string.match(owner, '^(%S+) ') end
local function own(me, key, before)
  local token = redis.call('INCR', 'vidmock:fence')
  if before then redis.call('SREM', 'vidmock:worlds:'..id_of(before), key) end
  redis.call('HSET', 'vidmock:owner', key, me..' '..token)
  redis.call('SADD', 'vidmock:worlds:'..me, key)
  return token
end
"""

CLAIM: Final = (
    _NAMES
    + """
local me, key, given = ARGV[1], ARGV[2], ARGV[3]
local owner = redis.call('HGET', 'vidmock:owner', key)
if owner and id_of(owner) ~= me and owner ~= given then
  local address = redis.call('GET', 'vidmock:lease:'..id_of(owner))
  if address then return {0, address} end
end
local token = own(me, key, owner)
local values, order = keys_of(key)
return {token, '', redis.call('ZRANGE', order, 0, -1), redis.call('HGETALL', values)}
"""
)
"""ARGV: replica, key, and the owner that has given it up, if any has.

Returns the new fencing token and all parts; or 0 and the owner's address.
"""

WORLD: Final = (
    _NAMES
    + """
local values, order = keys_of(ARGV[1])
return {redis.call('ZRANGE', order, 0, -1), redis.call('HGETALL', values)}
"""
)
"""ARGV: key. Returns all parts, whoever has the world."""

RENEW: Final = """
local lease, term = 'vidmock:lease:'..ARGV[1], 'vidmock:term:'..ARGV[1]
if redis.call('EXISTS', lease) == 0 then redis.call('SET', term, redis.call('INCR', 'vidmock:fence')) end
redis.call('SET', lease, ARGV[2], 'PX', ARGV[3])
redis.call('EXPIRE', term, 86400)
redis.call('SADD', 'vidmock:replicas', ARGV[1])
return tonumber(redis.call('GET', term))
"""
"""ARGV: replica, address, milliseconds. Returns the number of the lease, which is another one once it was over.

By a yes or no, a loss would be missed: what a replica asked for and has given up may be done late, and nobody reads
that answer.
"""

WRITE: Final = (
    _NAMES
    + """
local me, number = ARGV[1], tonumber(ARGV[2])
if number <= tonumber(redis.call('GET', 'vidmock:batch:'..me) or '0') then
  return redis.error_reply('a later batch was written before')
end
redis.call('SET', 'vidmock:batch:'..me, number, 'EX', 86400)
local at, tokens = 3, {}
local place = redis.call('INCRBY', 'vidmock:place', #ARGV) - #ARGV
local function unname(names, field, key)
  local known = redis.call('HGET', names, field)
  if known then
    for name in string.gmatch(known, '[^\\n]+') do
      if redis.call('HGET', 'vidmock:index', name) == key then redis.call('HDEL', 'vidmock:index', name) end
    end
    redis.call('HDEL', names, field)
  end
end
while at <= #ARGV do
  local key, token, closed, count = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2] == '1', tonumber(ARGV[at + 3])
  local owner, values, order, names = redis.call('HGET', 'vidmock:owner', key), keys_of(key)
  at = at + 4
  if token == 0 and not owner then
    token = own(me, key, owner)
    owner = me..' '..token
  end
  if token == 0 or owner ~= me..' '..token then
    table.insert(tokens, 0)
    at = at + 5 * count
  else
    table.insert(tokens, token)
    if closed then
      for _, field in ipairs(redis.call('HKEYS', names)) do unname(names, field, key) end
      redis.call('DEL', values, order, names, 'vidmock:due:'..key)
    end
    for _ = 1, count do
      local field, what, value, known = ARGV[at]..'\\n'..ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
      at = at + 5
      if string.sub(field, 1, 4) == 'due\\n' then
        redis.call(what == 'drop' and 'SREM' or 'SADD', 'vidmock:due:'..key, field)
      end
      if what ~= 'put' then redis.call('ZREM', order, field) end
      if what == 'drop' then redis.call('HDEL', values, field) end
      if what ~= 'put' or known ~= '' then unname(names, field, key) end
      if what ~= 'drop' then
        place = place + 1
        redis.call('HSET', values, field, value)
        redis.call('ZADD', order, 'NX', place, field)
        if known ~= '' then
          redis.call('HSET', names, field, known)
          for name in string.gmatch(known, '[^\\n]+') do redis.call('HSET', 'vidmock:index', name, key) end
        end
      end
    end
    redis.call(redis.call('EXISTS', 'vidmock:due:'..key) == 1 and 'SADD' or 'SREM', 'vidmock:awaited', key)
  end
end
return tokens
"""
)
"""ARGV: replica, number of the batch; of each world key, token (0: none), whether it was closed, and how many changes.

A change is its part, name, ``put``, ``anew`` or ``drop``, value, and the names by which the world is found. Returns
the token of each world; 0 where it is not the replica's any more, and nothing was written.

A batch whose sender has given it up may be run after the next one: it is refused by its number.
"""

ORPHANS: Final = """
local found = {}
local due, replicas = ARGV[2] == 'due', nil
if due then replicas = redis.call('SRANDMEMBER', 'vidmock:replicas', 16)
else replicas = redis.call('SMEMBERS', 'vidmock:replicas') end
for _, replica in ipairs(replicas) do
  if redis.call('EXISTS', 'vidmock:lease:'..replica) == 0 then
    if redis.call('EXISTS', 'vidmock:worlds:'..replica) == 0 then
      redis.call('SREM', 'vidmock:replicas', replica)
    else
      local worlds = 'vidmock:worlds:'..replica
      local keys = due and redis.call('SINTER', worlds, 'vidmock:awaited') or redis.call('SMEMBERS', worlds)
      for _, key in ipairs(keys) do
        table.insert(found, key)
        if #found == tonumber(ARGV[1]) then return found end
      end
    end
  end
end
return found
"""
"""ARGV: how many at most, and ``due`` or ``all``. Returns the keys of worlds whose replica is gone.

With ``due``, those in which something is due, of sixteen replicas that are looked at.
"""

OTHERS: Final = """
local found = {}
for _, replica in ipairs(redis.call('SMEMBERS', 'vidmock:replicas')) do
  local address = replica ~= ARGV[1] and redis.call('GET', 'vidmock:lease:'..replica)
  if address then table.insert(found, address) end
end
return found
"""
"""ARGV: replica. Returns the addresses of the others that have a lease."""

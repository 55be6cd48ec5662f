-- Publishes events and wakes readers, if the caller still holds the lease and nobody has published these yet; and gives
-- the lease up if the caller has nothing more (`asked` is not empty) and nobody has asked again.
-- KEYS: lease, asked, position, then a stream to wake for each reader. ARGV: token, milliseconds, the position before and
-- after, asked, the number of events; then for each a channel and a message; then for each stream an event's number.
-- Gives {1} when the lease is given up, {0, asked} when there is more to do, {-1} when the lease is lost.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return {-1}
end
local position = redis.call('GET', KEYS[3])
if position and position ~= ARGV[3] then
    return {-1}
end
local at = 7
for _ = 1, tonumber(ARGV[6]) do
    redis.call('PUBLISH', ARGV[at], ARGV[at + 1])
    at = at + 2
end
redis.call('SET', KEYS[3], ARGV[4])
for key = 4, #KEYS do
    local id = ARGV[at] .. '-0'
    at = at + 1
    local added = redis.pcall('XADD', KEYS[key], 'MAXLEN', 1, id, 'e', '')
    if type(added) == 'table' and added.err then
        -- The numbers have gone back, as after a restore: what the stream knows of is no more.
        redis.call('DEL', KEYS[key])
        redis.call('XADD', KEYS[key], id, 'e', '')
    end
    redis.call('EXPIRE', KEYS[key], 60)
end
local asked = redis.call('GET', KEYS[2]) or '0'
if ARGV[5] == asked then
    redis.call('DEL', KEYS[1])
    return {1}
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {0, asked}

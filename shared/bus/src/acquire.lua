-- Asks that what is new be published: by the caller if nobody is at it, else by whoever is.
-- KEYS: lease, asked, position. ARGV: token, milliseconds. Gives {1, asked, position or nil}, or {0}.
local asked = redis.call('INCR', KEYS[2])
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return {1, asked, redis.call('GET', KEYS[3])}
end
return {0}

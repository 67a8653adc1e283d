-- bot/pacing.py in Redis: one request of one process, decided and recorded at once.
-- KEYS  1: the bot, 2: the chat, 3: the processes that were seen lately, 4: the last messages
-- ARGV  1: admit, spend, hold or held   2: the rules as JSON   3: the chat's id
--       4: seconds since 1970; empty: Redis's own clock, the only one in production
--       5: admit's `leave`, spend's `messages`, hold's `seconds`   6: spend's patience in seconds
--       7: the asking process   8: for how many seconds a process counts as seen
-- Answers {1 or 0: taken or not, all_s, chat_s, seconds that all are held, processes seen}.

local SLACK = 1e-4
local DEBT = -0.01
-- A key outlives its use by so many seconds, so that a slow client finds what it wrote.
local SPARE_S = 60

local verb, rules, chat_id = ARGV[1], cjson.decode(ARGV[2]), tonumber(ARGV[3])
local now, number, patience_s = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function read(limit, tokens, at)
  return { tokens = tonumber(tokens) or limit.burst, at = tonumber(at) or 0, limit = limit }
end

local function level(bucket, moment)
  local gained = math.max(0, moment - bucket.at) * bucket.limit.per_s
  return math.min(bucket.limit.burst, bucket.tokens + gained)
end

local function until_has(bucket, moment, wanted)
  local missing = wanted - level(bucket, moment)
  return missing > SLACK and math.max(0, bucket.at - moment) + missing / bucket.limit.per_s or 0
end

local function is_over(bucket)
  return level(bucket, now) < DEBT
end

local function draw(bucket, moment, messages, bounded)
  local holds = level(bucket, moment)
  local left = holds - messages
  if bounded then
    left = math.max(left, math.min(holds, -bucket.limit.per_s * bucket.limit.window_s))
  end
  bucket.tokens, bucket.at = left, moment
end

local function full_in(bucket)
  return math.max(bucket.at - now, 0) + (bucket.limit.burst - bucket.tokens) / bucket.limit.per_s
end

local function text(value)
  return string.format('%.17g', value)
end

local all = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'held', 'refused', 'refused_until')
local chat = redis.call('HMGET', KEYS[2], 'tokens', 'at', 'group', 'group_at', 'held')
local overall = read(rules.overall, all[1], all[2])
local own = read(rules.chat, chat[1], chat[2])
local group = read(rules.group, chat[3], chat[4])
local most = math.floor(rules.overall.burst + rules.overall.per_s * rules.overall.window_s)
local all_held, chat_held = tonumber(all[3]) or 0, tonumber(chat[5]) or 0
local refused, refused_until = tonumber(all[4]), tonumber(all[5]) or 0

local sent = redis.call('LRANGE', KEYS[4], 0, -1)

local function place_of(messages)
  if #sent == 0 then
    return now
  end
  local last, free_at = tonumber(sent[#sent]), now
  local surplus = #sent + math.min(messages, most) - most
  if surplus > 0 then
    free_at = tonumber(sent[surplus]) + rules.overall.window_s
  end
  if math.max(last, free_at) <= now then
    return now
  end
  return math.max(free_at, last + 1 / rules.overall.per_s)
end

local function remember(place, messages)
  for _ = 1, math.min(messages, most) do
    redis.call('RPUSH', KEYS[4], text(place))
  end
  redis.call('LTRIM', KEYS[4], -most, -1)
  redis.call('EXPIRE', KEYS[4], math.ceil(math.max(0, place - now) + SPARE_S))
end

local function write()
  redis.call('HSET', KEYS[1], 'tokens', text(overall.tokens), 'at', text(overall.at),
    'held', text(all_held), 'refused', text(refused or 0), 'refused_until', text(refused_until))
  local keep = math.max(full_in(overall), all_held - now, refused_until - now)
  redis.call('EXPIRE', KEYS[1], math.ceil(keep + SPARE_S))
  redis.call('HSET', KEYS[2], 'tokens', text(own.tokens), 'at', text(own.at),
    'group', text(group.tokens), 'group_at', text(group.at), 'held', text(chat_held))
  redis.call('EXPIRE', KEYS[2],
    math.ceil(math.max(full_in(own), full_in(group), chat_held - now) + SPARE_S))
end

local function spend(messages)
  local all_in_turn = all_held > 0 and (now < all_held or is_over(overall))
  local chat_in_turn = chat_held > 0 and (now < chat_held or is_over(own) or is_over(group))
  local all_at = math.max(now, all_held)
  local chat_at = math.max(all_at, chat_held)
  local turn_s, chat_s = 0, 0
  if all_in_turn then
    turn_s = all_at - now + until_has(overall, all_at, 1)
  end
  local place = math.max(now + turn_s, place_of(messages))
  local all_s = place - now
  if chat_in_turn then
    chat_s = chat_at - now
      + math.max(until_has(own, chat_at, 1), until_has(group, chat_at, 1))
  end
  if math.max(all_s, chat_s) > patience_s then
    return 0, all_s, chat_s
  end
  local bounded = not (all_in_turn or chat_in_turn)
  draw(overall, all_in_turn and all_at or place, messages, bounded)
  draw(own, chat_at, messages, bounded)
  if chat_id < 0 then
    draw(group, chat_at, messages, bounded)
  end
  all_held = all_in_turn and all_held or 0
  chat_held = chat_in_turn and chat_held or 0
  remember(place, messages)
  write()
  return 1, all_s, chat_s
end

local function admit(leave)
  local all_s = math.max(0, all_held - now, until_has(overall, now, 1), place_of(1) - now)
  local chat_s = math.max(
    0, chat_held - now, until_has(own, now, 1), until_has(group, now, 1 + leave))
  if math.max(all_s, chat_s) > 0 then
    return 0, all_s, chat_s
  end
  return spend(1)
end

local function hold(seconds)
  local moment = now + seconds
  if refused and refused ~= chat_id and refused_until > now then
    all_held = math.max(all_held, math.min(moment, refused_until))
  elseif is_over(overall) and not (is_over(own) or is_over(group)) then
    all_held = math.max(all_held, moment)
  end
  if not refused or moment >= refused_until then
    refused, refused_until = chat_id, moment
  end
  chat_held = math.max(chat_held, moment)
  write()
  return 1, math.max(0, all_held - now), math.max(0, chat_held - now)
end

local taken, all_s, chat_s
if verb == 'admit' then
  taken, all_s, chat_s = admit(number)
elseif verb == 'spend' then
  taken, all_s, chat_s = spend(number)
elseif verb == 'hold' then
  taken, all_s, chat_s = hold(number)
else
  taken, all_s, chat_s = 0, math.max(0, all_held - now), math.max(0, chat_held - now)
end

redis.call('ZADD', KEYS[3], text(now), ARGV[7])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(now - tonumber(ARGV[8])))
redis.call('EXPIRE', KEYS[3], math.ceil(tonumber(ARGV[8])))

return { taken, text(all_s), text(chat_s), text(math.max(0, all_held - now)),
  redis.call('ZCARD', KEYS[3]) }

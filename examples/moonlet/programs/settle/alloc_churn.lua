-- allocation: lists, trees and queues that come and go; objects that traces keep from being made, until a rare path needs them.
local ROUNDS = tonumber((...)) or 100

local function cons(head, tail) return { head = head, tail = tail } end
local function range(a, b) local l = nil for i = b, a, -1 do l = cons(i, l) end return l end
local function append(a, b) if not a then return b end return cons(a.head, append(a.tail, b)) end
local function reverse(l) local out = nil while l do out = cons(l.head, out) l = l.tail end return out end
local function tree(n) if n == 0 then return false end return { left = tree(n - 1), right = tree(n - 1), n = n } end
local function count(t) if not t then return 0 end return count(t.left) + count(t.right) + 1 end
local function complex(re, im) return { re = re, im = im } end
local function times(a, b) return complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re) end
local function plus(a, b) return complex(a.re + b.re, a.im + b.im) end

local kept = {}
local function orbit(c, n)
  local z = complex(0.0, 0.0)
  for i = 1, n do
    z = plus(times(z, z), c)
    if z.re * z.re + z.im * z.im > 4 then
      kept[#kept % 16 + 1] = z
      return i
    end
  end
  return n
end
local sum = 0
for r = 1, ROUNDS do
  local l = append(range(1, 20), reverse(range(1, r % 20 + 1)))
  while l do sum = sum + l.head l = l.tail end
  sum = sum + count(tree(5))
  for k = 1, 10 do sum = sum + orbit(complex((k * r % 40 - 20) / 10, k / 10 - 0.5), 30) end
  local queue, first, last = {}, 1, 0
  for k = 1, 40 do
    last = last + 1
    queue[last] = { at = k, left = k % 4 }
    local e = queue[first]
    if e.left == 0 then
      queue[first] = nil
      first = first + 1
      sum = sum + e.at
    else
      e.left = e.left - 1
    end
  end
  sum = sum % 1000000007
end
print(sum)

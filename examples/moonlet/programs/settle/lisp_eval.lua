-- interpreter for another language: a tree walker with environments; recursion through one function that everything passes.
local ROUNDS = tonumber((...)) or 30

local function read(text)
  local at = 1
  local function skip()
    while text:sub(at, at) == " " or text:sub(at, at) == "\n" do at = at + 1 end
  end
  local function item()
    skip()
    local c = text:sub(at, at)
    if c == "(" then
      at = at + 1
      local list = {}
      skip()
      while text:sub(at, at) ~= ")" do
        list[#list + 1] = item()
        skip()
      end
      at = at + 1
      return list
    end
    local from = at
    while at <= #text do
      c = text:sub(at, at)
      if c == " " or c == "\n" or c == "(" or c == ")" then break end
      at = at + 1
    end
    local word = text:sub(from, at - 1)
    return tonumber(word) or word
  end
  return item()
end

local globals = {
  ["+"] = function(a, b) return a + b end,
  ["-"] = function(a, b) return a - b end,
  ["*"] = function(a, b) return a * b end,
  ["%"] = function(a, b) return a % b end,
  ["<"] = function(a, b) return a < b end,
  ["="] = function(a, b) return a == b end,
  cons = function(a, b) return { first = a, rest = b } end,
  first = function(l) return l.first end,
  rest = function(l) return l.rest end,
  empty = function(l) return l == false end,
}
local Scope = {}
local eval
local function lookup(scope, name)
  while scope do
    local value = scope.names[name]
    if value ~= nil then return value end
    scope = scope.outer
  end
  return globals[name]
end
local function apply(f, args, n)
  if type(f) == "function" then return f(args[1], args[2]) end
  local names = {}
  for i = 1, n do names[f.parameters[i]] = args[i] end
  return eval(f.body, { names = names, outer = f.scope })
end
function eval(x, scope)
  local kind = type(x)
  if kind == "number" then return x end
  if kind == "string" then return lookup(scope, x) end
  local head = x[1]
  if head == "if" then
    if eval(x[2], scope) then return eval(x[3], scope) end
    return eval(x[4], scope)
  elseif head == "lambda" then
    return { parameters = x[2], body = x[3], scope = scope }
  elseif head == "define" then
    globals[x[2]] = eval(x[3], scope)
    return false
  elseif head == "let" then
    local names = {}
    names[x[2]] = eval(x[3], scope)
    return eval(x[4], { names = names, outer = scope })
  end
  local f, args = eval(head, scope), {}
  for i = 2, #x do args[i - 1] = eval(x[i], scope) end
  return apply(f, args, #x - 1)
end

globals["nil"] = false
eval(read "(define fib (lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))")
eval(read "(define range (lambda (a b) (if (< a b) (cons a (range (+ a 1) b)) nil)))")
eval(read "(define map (lambda (f l) (if (empty l) nil (cons (f (first l)) (map f (rest l))))))")
eval(read "(define fold (lambda (f s l) (if (empty l) s (fold f (f s (first l)) (rest l)))))")
eval(read "(define keep (lambda (p l) (if (empty l) nil (if (p (first l)) (cons (first l) (keep p (rest l))) (keep p (rest l))))))")
local tasks = {
  read "(fib 7)",
  read "(fold + 0 (map (lambda (x) (* x x)) (range seed (+ seed 12))))",
  read "(fold (lambda (a b) (if (< a b) b a)) 0 (map (lambda (x) (% (* x 37) 101)) (range seed (+ seed 10))))",
  read "(let k (+ seed 3) (fold + 0 (keep (lambda (x) (= (% x 3) (% k 3))) (range 0 15))))",
}
local sum = 0
for r = 1, ROUNDS do
  globals.seed = r
  for _, task in ipairs(tasks) do sum = (sum * 31 + eval(task)) % 1000000007 end
end
print(sum)

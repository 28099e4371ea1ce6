import { describe, expect, it } from 'vitest'
import { DeploymentRefused, evaluate, parseExpression, textOf, Unknown } from './index.ts'
import type { Scope, Value } from './index.ts'

const names: Readonly<Record<string, Value>> = {
  size: 'dev',
  nothing: null,
  rules: { tier: 'Burstable', storageGb: 32, names: ['a', 'b'] },
  replicas: [
    { name: 'one', purpose: 'reads' },
    { name: 'two', purpose: 'analytics' },
  ],
  server: new Unknown('server'),
}

const scope: Scope = {
  lookUp: (name) => names[name],
  userFunction: () => undefined,
  platformFunction: () => undefined,
}

const valueOf = (text: string): Value => evaluate(parseExpression(text), scope)

describe('Bicep expressions', () => {
  it.each<[string, Value]>([
    [`'plain'`, 'plain'],
    [`'it\\'s \\u{41} \\\${x}'`, "it's A ${x}"],
    [`'\${size}: \${rules.storageGb + 1} of \${rules.names}'`, 'dev: 33 of ["a","b"]'],
    [`'outer \${'inner \${size}'}'`, 'outer inner dev'],
    [`'''\nraw 'text' \${size}'''`, "raw 'text' ${size}"],
    ['1 + 2 * 3 - 8 / 3', 5],
    ['7 % 4 == 3', true],
    ['-2 < -1', true],
    ['2 >= 2 && !(1 > 2) || false', true],
    ["size == 'dev' ? 'a' : size == 'scale' ? 'b' : 'c'", 'a'],
    ["size == 'x'\n  ? 'a'\n  : 'b'", 'b'],
    ["'Dev' =~ size", true],
    ["'Dev' == size", false],
    ['rules.tier', 'Burstable'],
    ["rules['storageGb']", 32],
    ['rules.names[1]', 'b'],
    ['rules.?missing', null],
    ["rules.?missing ?? 'other'", 'other'],
    ['nothing.?deeper', null],
    ['rules.names!', ['a', 'b']],
    ["[1, 'a'\n  true\n  ...rules.names]", [1, 'a', true, 'a', 'b']],
    ["{ a: 1, 'b c': [2], '${size}-1': null, ...{ a: 2 } }", { a: 2, 'b c': [2], 'dev-1': null }],
    [
      '[for (each, at) in rules.names: { name: each, at: at }]',
      [
        { name: 'a', at: 0 },
        { name: 'b', at: 1 },
      ],
    ],
    ["map(filter(replicas, each => each.purpose == 'reads'), each => each.name)", ['one']],
    ['reduce([1, 2, 3], 0, (sum, each) => sum + each)', 6],
    ['toObject(replicas, each => each.name, each => each.purpose)', { one: 'reads', two: 'analytics' }],
    ["contains(rules.names, 'b') && contains('abc', 'bc') && contains(rules, 'TIER')", true],
    ["contains(rules.names, 'B')", false],
    ["length('abc') + length(replicas) + length(rules)", 8],
    ["empty('') && empty([]) && empty({}) && empty(nothing) && !empty(size)", true],
    ["startsWith('AbC', 'ab') && toLower('AbC') == 'abc'", true],
    ['union(rules.names, rules.names)', ['a', 'b']],
    ['union({ a: { b: 1, c: 2 } }, { a: { b: 3 } })', { a: { b: 3, c: 2 } }],
    ["concat(rules.names, ['c'])", ['a', 'b', 'c']],
    ['sort([3, 1, 2], (a, b) => a < b)', [1, 2, 3]],
    ["first(rules.names) == 'a' && last('xyz') == 'z'", true],
    ['items({ b: 1, a: 2 })[0].key', 'a'],
    ["format('{0}-{1}', size, 3)", 'dev-3'],
    ["take(replace('a-b-c', '-', ''), 2)", 'ab'],
  ])('%s', (text, expected) => {
    expect(valueOf(text)).toEqual(expected)
  })

  it('evaluates only the side that a condition takes', () => {
    expect(valueOf("true ? 'a' : fail('never')")).toBe('a')
    expect(valueOf("false && fail('never')")).toBe(false)
    expect(valueOf("size ?? fail('never')")).toBe('dev')
  })

  it('is refused by fail() with its message', () => {
    expect(() => valueOf("fail('too small: ${size}')")).toThrow(new DeploymentRefused('too small: dev'))
  })

  it.each([
    ['missing', /line 1: nothing is called missing/],
    ['rules.missing', /there is no missing in/],
    ['rules.names[7]', /there is no item 7/],
    ['nothing.deeper', /deeper is asked of null/],
    ['nothing!', /said to be there/],
    ["cidrSubnet('10.0.0.0/16', 24, 0)", /cidrSubnet\(\) is not known to these tests/],
    ['constructor()', /constructor\(\) is not known/],
    ["size ? 'a' : 'b'", /true or false is wanted, got "dev"/],
    ["1 + 'a'", /\+ is between/],
    ['map(size, each => each)', /map\(\) wants a list, got "dev"/],
    ['filter([1], each => each)', /wants a lambda that gives true or false/],
    ['[...size]', /a list is wanted/],
    ['each => each', /a lambda stands where a value is wanted/],
    ["'open", /a string is not closed/],
    ["'${size", /an interpolation is not closed/],
    ["'\\q'", /unknown escape/],
    ['1 +', /expected an expression, found a end/],
    ['[1 2]', /expected ',', a new line or '\]'/],
    ['a ~ b', /unexpected character "~"/],
    ['(1', /expected '\)'/],
  ])('%s is refused', (text, message) => {
    expect(() => valueOf(text)).toThrow(message)
  })

  it('keeps what only a deployment knows apart, and decides nothing on it', () => {
    expect(valueOf("'${server.properties.host}:5432'")).toBe('{server.properties.host}:5432')
    expect(textOf(valueOf('toLower(server.name)'))).toBe('{toLower({server.name})}')
    expect(textOf(valueOf('server.listKeys()'))).toBe('{server.listKeys()}')
    expect(textOf(valueOf('[server.id, 1]'))).toBe('[{server.id}, 1]')
    expect(() => valueOf("server.name == 'a' ? 1 : 2")).toThrow(/only a deployment knows/)
    expect(() => valueOf('filter([server], each => each.ready)')).toThrow(/true or false/)
  })
})

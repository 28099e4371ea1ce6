import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkHouse, mendHouse } from '../../../tools/house-rules/index.ts'

let folder: string

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'trickle-house-')))
  put('tsconfig.json', '{"compilerOptions":{"allowImportingTsExtensions":true,"noEmit":true,"types":[]}}')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function put(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}

const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
const lines = (count: number, line: string): string => `${line}\n`.repeat(count)
const found = async (): Promise<string[]> =>
  (await checkHouse(folder)).map(({ file, line, message }) => `${file}:${line} ${message}`)

describe('sizes', () => {
  it.each(['cli/long.ts', 'cli/long.mjs', 'shared/log/sql/long.sql'])(
    'a file of 300 lines passes, one of 301 does not: %s',
    async (file) => {
      put(file, lines(300, '// .'))
      expect(await found()).toEqual([])
      put(file, lines(301, '// .'))
      expect(await found()).toEqual([`${file}:1 the file has 301 lines; 300 are the most`])
    },
  )

  it('what is generated, and what is no source, may be longer', async () => {
    put('database/schema.sql', lines(400, '-- .'))
    put('docs/long.md', lines(400, '.'))
    expect(await found()).toEqual([])
  })

  it.each([
    ['a function', (body: string) => `export function long() {\n${body}}\n`],
    ['an arrow function', (body: string) => `export const long = () => {\n${body}}\n`],
    ['a method', (body: string) => `export class A { long() {\n${body}} }\n`],
    ['a constructor', (body: string) => `export class A { constructor() {\n${body}} }\n`],
    ['a function inside of an object', (body: string) => `export const a = { long: () => {\n${body}} }\n`],
  ])('%s of 60 lines passes, one of 61 does not', async (_what, text) => {
    put('cli/a.ts', text(lines(58, '  void 0')))
    expect(await found()).toEqual([])
    put('cli/a.ts', text(lines(59, '  void 0')))
    expect(await found()).toEqual(['cli/a.ts:1 the function has 61 lines; 60 are the most'])
  })

  it('lists of tests may be longer, a test may not', async () => {
    const suite = (call: string, body: string): string => `declare const ${call}: any\n${body}`
    const long = `() => {\n${lines(70, '  void 0')}}`
    put('test/a.test.ts', suite('describe', `describe('a', ${long})\ndescribe.each([1])('%d', ${long})\n`))
    put(
      'test/b.ts',
      suite('it', `export function cases() {\n  it('a', () => {})\n${lines(70, '  void 0')}}\n`),
    )
    expect(await found()).toEqual([])
    put('test/a.test.ts', suite('it', `it('a', ${long})\n`))
    expect(await found()).toEqual(['test/a.test.ts:2 the function has 72 lines; 60 are the most'])
  })
})

describe('names of constants', () => {
  it.each([
    ['lineBytesMax = 8_388_608', 'LINE_BYTES_MAX'],
    ['waitMs = 1_000 * 60', 'WAIT_MS'],
    ['name = "a"', 'NAME'],
    ['pattern = /a/', 'PATTERN'],
    ['pattern = new RegExp("a")', 'PATTERN'],
    ['names = ["a", "b"] as const', 'NAMES'],
    ['weights = [["a", 1], ["b", 2]] as const', 'WEIGHTS'],
    ['names = new Set(["a"])', 'NAMES'],
    ['least = -1', 'LEAST'],
    ['text = `a ${limits.most}`', 'TEXT'],
    ['twice = 2 * limits.most', 'TWICE'],
    ['firstMs = Date.parse("2020-01-01")', 'FIRST_MS'],
  ])('a fixed value is in capitals: %s', async (declaration, better) => {
    put('cli/a.ts', `const limits = { most: 5 }\nexport const ${declaration}\nexport { limits }\n`)
    expect(await found()).toEqual([
      `cli/a.ts:2 ${declaration.split(' ')[0]} is a fixed value: call it ${better}`,
    ])
    put('cli/a.ts', read('cli/a.ts').replace(/const \w+ = (?!\{)/, `const ${better} = `))
    expect(await found()).toEqual([])
  })

  it.each([
    ['LIMITS = { most: 5 }', 'limits'],
    ['READ_ALL = () => 5', 'readAll'],
    ['FOLDER = process.cwd()', 'folder'],
    ['HOME = process.env.HOME', 'home'],
    ['WAITING: string[] = []', 'waiting'],
    ['PLACES = new Map([["a", 1]])', 'places'],
  ])('anything else is not: %s', async (declaration, better) => {
    put('cli/a.ts', `declare const process: any\nexport const ${declaration}\n`)
    const name = /^\w+/.exec(declaration)?.[0]
    expect(await found()).toEqual([`cli/a.ts:2 ${name} is not a fixed value of its own: call it ${better}`])
  })

  it.each([
    ['MAX_ENTRIES', 'ENTRIES_MAX'],
    ['WAIT_MS_MAX', 'WAIT_MAX_MS'],
    ['MAX_AGE_SECONDS', 'AGE_MAX_SECONDS'],
    ['DELAY_MS_GOAL', 'DELAY_GOAL_MS'],
  ])('the bound stands after what it bounds, the unit of a time at the end: %s', async (name, better) => {
    put('cli/a.ts', `export const ${name} = 5\n`)
    expect(await found()).toEqual([
      `cli/a.ts:1 ${name} has its bound or its unit in the middle: call it ${better}`,
    ])
  })

  it.each(['PAGE_EVENTS_MAX', 'WAIT_MAX_MS', 'MS_PER_DAY', 'DAYS_OF_MONTH', 'ANY'])(
    'is as it should be: %s',
    async (name) => {
      put('cli/a.ts', `export const ${name} = 5\n`)
      expect(await found()).toEqual([])
    },
  )

  it('what stands inside of functions is free', async () => {
    put('cli/a.ts', 'export function a() {\n  const waitMs = 5\n  return waitMs\n}\n')
    expect(await found()).toEqual([])
  })

  it('are mended in every file that names them', () => {
    put('cli/a.ts', 'export const waitMs = 5\nexport const twice = () => ({ waitMs })\n')
    put('cli/b.ts', "import { waitMs } from './a.ts'\nexport const later = () => waitMs + 1\n")
    put('cli/index.ts', "export { waitMs } from './a.ts'\n")
    put('local/c.ts', "import { waitMs } from '../cli/index.ts'\nexport const c = { waitMs: waitMs }\n")
    expect(mendHouse(folder, ['cli'])).toEqual([])
    expect(read('cli/a.ts')).toBe(
      'export const WAIT_MS = 5\nexport const twice = () => ({ waitMs: WAIT_MS })\n',
    )
    expect(read('cli/b.ts')).toBe(
      "import { WAIT_MS } from './a.ts'\nexport const later = () => WAIT_MS + 1\n",
    )
    expect(read('cli/index.ts')).toBe("export { WAIT_MS } from './a.ts'\n")
    expect(read('local/c.ts')).toBe(
      "import { WAIT_MS } from '../cli/index.ts'\nexport const c = { waitMs: WAIT_MS }\n",
    )
  })

  it('are left where the better name means something else, and in other folders', () => {
    const text = 'export const LIMITS = { a: 5 }\nexport const f = (limits: number) => LIMITS.a + limits\n'
    put('cli/a.ts', text)
    put('local/a.ts', 'export const waitMs = 5\n')
    expect(mendHouse(folder, ['cli'])).toEqual(['cli/a.ts: LIMITS, since limits is taken where it is used'])
    expect([read('cli/a.ts'), read('local/a.ts')]).toEqual([text, 'export const waitMs = 5\n'])
  })
})

describe('helpers', () => {
  const above = `/** Of a file. */
import { b } from './b.ts'

const WIDTH = 5

/** Pads. */
function pad(text: string) {
  return text.padEnd(WIDTH)
}

const lineOf = (text: string) => pad(text)

export function print() {
  return lineOf(b) + inner()
}

function inner() {
  return ''
}
`

  it('that stand above all that call them are found', async () => {
    put('cli/b.ts', 'export const b = String(process.pid)\ndeclare const process: any\n')
    put('cli/a.ts', above)
    expect(await found()).toEqual([
      'cli/a.ts:7 pad stands above what calls it: put it below',
      'cli/a.ts:11 lineOf stands above what calls it: put it below',
    ])
  })

  it('are put below it, in the order of the calls, with what is theirs alone', async () => {
    put('cli/b.ts', 'export const b = String(process.pid)\ndeclare const process: any\n')
    put('cli/a.ts', above)
    expect(mendHouse(folder, ['cli'])).toEqual([])
    expect(read('cli/a.ts')).toBe(`/** Of a file. */
import { b } from './b.ts'

export function print() {
  return lineOf(b) + inner()
}

const lineOf = (text: string) => pad(text)

const WIDTH = 5

/** Pads. */
function pad(text: string) {
  return text.padEnd(WIDTH)
}

function inner() {
  return ''
}
`)
    expect(await found()).toEqual([])
  })

  it('that call each other are put below what calls them', async () => {
    put(
      'cli/a.ts',
      'function f() {\n  g()\n}\n\nfunction g() {\n  f()\n}\n\nexport function h() {\n  f()\n}\n',
    )
    mendHouse(folder, ['cli'])
    expect(read('cli/a.ts')).toBe(
      'export function h() {\n  f()\n}\n\nfunction f() {\n  g()\n}\n\nfunction g() {\n  f()\n}\n',
    )
    expect(await found()).toEqual([])
  })

  it.each([
    ['runs while the module is loaded', 'const f = () => 5\nexport const a = { value: f() }\n'],
    [
      'is called by such a one',
      'const f = () => 5\nfunction g() { return f() }\nexport const a = { value: g() }\n',
    ],
    ['is exported', 'export function f() {}\nexport function g() { f() }\n'],
    [
      'is called from above too',
      'export function a() { f() }\nfunction f() {}\nexport function b() { f() }\n',
    ],
    ['shares its name with a member', 'function f() {}\nexport const g = (o: any) => o.f\n'],
  ])('may stand where it is: one that %s', async (_what, text) => {
    put('cli/a.ts', text)
    expect(await found()).toEqual([])
  })
})

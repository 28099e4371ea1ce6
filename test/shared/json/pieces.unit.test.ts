import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { longPartOf, parseExactJson, parseExactJsonInTurns } from '../../../shared/json/index.ts'
import { PieceParser } from '../../../shared/json/piece-parser.ts'
import { refusalOf } from './support.ts'

/** Parses in pieces of so few characters, and in steps as short. */
function inPieces(text: string, pieceCharacters: number, maxDepth = 100): unknown {
  const parser = new PieceParser(text, { maxDepth, pieceCharacters })
  while (!parser.advance(pieceCharacters));
  return parser.finish()
}

/** What becomes of a text: its value as JSON writes it, or how it is refused. */
function outcomeOf(parse: () => unknown): unknown {
  let written: string | undefined
  const refusal = refusalOf(() => {
    written = JSON.stringify(parse())
  })
  return refusal === undefined ? written : [refusal.code, refusal.errors]
}

const pieceCharacters = fc.integer({ min: 1, max: 12 })
const TOKENS = ['{', '}', '[', ']', ',', ':', '"a"', '"b":', '"', '\\', '1', '1e400', 'true', ' ', '\n', 'x']
const nearJson = fc.array(fc.constantFrom(...TOKENS), { maxLength: 14 }).map((parts) => parts.join(''))
/** Valid JSON with some of its characters taken out or doubled, so that faults stand at every place. */
const damaged = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom('', ',', ']', '}', '[', '"', ' '))
  .map(([text, at, instead]) => {
    const place = at % (text.length + 1)
    return `${text.slice(0, place)}${instead}${text.slice(place + 1)}`
  })

describe('a text that is parsed in pieces', () => {
  it('has the same value or the same refusal as one that is parsed at once, for texts near to JSON', () => {
    const seen = { values: 0, refusals: 0 }
    fc.assert(
      fc.property(fc.oneof(nearJson, damaged, fc.json({ maxDepth: 6 })), pieceCharacters, (text, size) => {
        const whole = outcomeOf(() => parseExactJson(text))
        seen[typeof whole === 'string' ? 'values' : 'refusals'] += 1
        expect(outcomeOf(() => inPieces(text, size))).toEqual(whole)
      }),
      { numRuns: 8_000 },
    )
    expect(Math.min(seen.values, seen.refusals)).toBeGreaterThan(500)
  })

  it.each([
    '[    ,1]',
    '[1,2,     ]',
    '{"a":1,      }',
    '{      ,"a":1}',
    '[[1,2,3,4,5,6] [1]]',
    '[1 [1,2,3,4,5,6]]',
    '{"a":{"b":1,"c":2} "d":1}',
    '{"a" {"b":1,"c":2}}',
    '{"a":1 "b":{"b":1,"c":2}}',
    '[1,2,3,4,5,6}',
    '{"a":[1,2,3,4,5,6}]',
    '[1,2,3,4,5,6]]',
    '[1,2,3,4,5,6][1]',
    'x[1,2,3,4,5,6]',
    '[1,2,3,4,5,6]x',
    '[1,2,3,4,5,6',
    '[1,2,3,4,5,"6',
    '[[1,2,3,4,5,6]\u00a0]',
  ])('is refused where it is no JSON: %s', (text) => {
    for (const size of [1, 2, 3, 5, 8]) {
      expect([size, refusalOf(() => inPieces(text, size))?.code]).toEqual([size, 'MALFORMED_JSON'])
    }
  })

  it('keeps members with one name, numbers as names, __proto__ and raw integers as JSON.parse has them', () => {
    const text =
      '{"b":1,"a":{"x":[1,2,3]},"b":{"y":1},"2":0,"1":9007199254740993,"__proto__":{"p":[1,2,3,4]},"a":3}'
    for (const size of [1, 4, 9, 30]) {
      const value = inPieces(text, size) as Record<string, unknown>
      expect(JSON.stringify(value)).toBe(JSON.stringify(parseExactJson(text)))
      expect(Object.hasOwn(value, '__proto__')).toBe(true)
      expect(Reflect.getPrototypeOf(value)).toBe(Object.prototype)
    }
  })

  it('is refused with the pointers of the whole, wherever a piece begins', () => {
    const text = String.raw`{"a":[1,2,{"b/c":[0,"\u0000",1e400,["\ud800"]]},"x"],"k\u0000":[1,{"z":12345678901234567890}]}`
    const [numbers, strings] = [text, text.replaceAll(/1e400|12345678901234567890/g, '1')]
    for (const size of [1, 3, 7, 20]) {
      for (const given of [numbers, strings])
        expect(outcomeOf(() => inPieces(given, size))).toEqual(outcomeOf(() => parseExactJson(given)))
    }
  })

  it('keeps the limit of depth', () => {
    const nested = (depth: number): string => `${'[1,2,'.repeat(depth)}1${']'.repeat(depth)}`
    expect(outcomeOf(() => inPieces(nested(5), 1, 5))).toBe(nested(5))
    expect(refusalOf(() => inPieces(nested(6), 1, 5))?.code).toBe('JSON_TOO_DEEP')
  })
})

describe('a text of megabytes', () => {
  const member = (index: number): string => `"k${index}":{"a":[${index},"ä"],"b":null}`
  const large = `{"id":1,"data":{${Array.from({ length: 40_000 }, (_, index) => member(index)).join(',')}},"z":[1]}`

  it('lets other work run while it is parsed', async () => {
    let turns = 0
    const count = (): void => {
      turns += 1
      next = setImmediate(count)
    }
    let next = setImmediate(count)
    const value = await parseExactJsonInTurns(large)
    clearImmediate(next)
    expect(JSON.stringify(value)).toBe(large)
    // One turn for every 64 Ki characters.
    expect(turns).toBeGreaterThanOrEqual(Math.floor(large.length / 65_536) - 1)
  })

  it('stops when its request is over', async () => {
    await expect(
      parseExactJsonInTurns(large, { signal: AbortSignal.abort(new Error('over')) }),
    ).rejects.toThrow('over')
  })

  it('remembers how much its long parts hold', async () => {
    const { data, z } = (await parseExactJsonInTurns(large)) as Record<string, unknown>
    const characters = large.indexOf('},"z"') + 1 - large.indexOf('{"k0"')
    expect(longPartOf(data)).toEqual({ characters, members: 40_000 })
    expect([longPartOf(z), longPartOf('text'), longPartOf(null)]).toEqual([undefined, undefined, undefined])
  })

  it('is refused with the place of its fault, by its character', async () => {
    const at = large.indexOf('"k20000"')
    const broken = `${large.slice(0, at)}x${large.slice(at)}`
    await expect(parseExactJsonInTurns(broken)).rejects.toMatchObject({
      code: 'MALFORMED_JSON',
      extensions: { character: at + 1 },
    })
    await expect(parseExactJsonInTurns(large.slice(0, -10))).rejects.toMatchObject({ code: 'MALFORMED_JSON' })
  })

  it('is walked no further than 20 findings', async () => {
    const bad = `[${Array.from({ length: 400_000 }, () => '1e400').join(',')}`
    await expect(parseExactJsonInTurns(bad)).rejects.toMatchObject({
      code: 'NUMBER_NOT_EXACT',
      errors: { length: 20 },
    })
    const texts = `[${Array.from({ length: 400_000 }, () => String.raw`"\u0000"`).join(',')}`
    await expect(parseExactJsonInTurns(texts)).rejects.toMatchObject({
      code: 'INVALID_TEXT',
      errors: { length: 20 },
    })
  })
})

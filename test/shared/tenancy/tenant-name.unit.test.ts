import { describe, expect, it } from 'vitest'
import { externalIdOf, foldName, slugOf } from '../../../shared/tenancy/index.ts'
import { codePoints, disguises, lookalikes } from './lookalikes.ts'

describe('a name', () => {
  it('is folded in ASCII: A to Z become lower case, and no other character changes', () => {
    const changed: string[] = []
    for (const codePoint of codePoints()) {
      const character = String.fromCodePoint(codePoint)
      if (foldName(character) !== character) changed.push(character + foldName(character))
    }
    expect(changed.join('')).toBe('AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz')
  })

  it('is a slug only when it is ASCII, whatever it looks like', () => {
    const byText = lookalikes()
    expect(byText.get('k')).toContain('\u212a')
    expect(byText.get('i')).toEqual(expect.arrayContaining(['\u0130', '\u0131', '\uff49']))
    expect(byText.get('ss')).toContain('\u00df')
    const all = ['kiosk', 'victim', 'strasse', 'a.b-c_d9'].flatMap((name) => disguises(name, byText))
    expect(all.length).toBeGreaterThan(1_000)
    expect(all.filter((name) => slugOf(name) !== null || externalIdOf(name) !== null)).toEqual([])
  })

  it.each([
    ['Acme', 'acme'],
    ['KIOSK', 'kiosk'],
    ['9.a_-', '9.a_-'],
    ['6BA7B810-9DAD-11D1-80B4-00C04FD430C8', null],
    ['acme\n', null],
    ['-a', null],
    ['', null],
    ['a'.repeat(64), null],
  ])('%j is the slug %j', (text, slug) => expect(slugOf(text)).toBe(slug))

  it.each([
    ['Ext-1', 'Ext-1'],
    ['two words', 'two words'],
    ['6BA7B810-9DAD-11D1-80B4-00C04FD430C8', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
    ['x'.repeat(200), 'x'.repeat(200)],
    ['x'.repeat(201), null],
    [' a', null],
    ['a ', null],
    ['', null],
    ['tab\t', null],
    ['caf\u00e9', null],
  ])('%j is the external id %j', (text, externalId) => expect(externalIdOf(text)).toBe(externalId))
})

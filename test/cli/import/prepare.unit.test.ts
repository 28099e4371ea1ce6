import { describe, expect, test } from 'vitest'
import type { Entry, SourceRecord } from '../../../cli/import/entries.ts'
import { prepare } from '../../../cli/import/prepare.ts'
import type { Preparation } from '../../../cli/import/prepare.ts'
import { lineRecord } from './support.ts'

const plain: Preparation = { mapping: null, tenant: null, readsTenants: false }

function mappedBy(apply: (row: unknown, place: { row: number; line: number }) => unknown): Preparation {
  return { ...plain, mapping: { apply, hash: '' } }
}

const shown = ({ what }: Entry): string =>
  what.kind === 'event'
    ? what.line.toString()
    : what.kind === 'skipped'
      ? 'skipped'
      : `${what.code}: ${what.detail}`

const csvRecord = (fields: Record<string, string>): SourceRecord => ({
  ...lineRecord(''),
  content: { kind: 'fields', fields, text: Object.values(fields).join(',') },
})

describe('what becomes of a record', () => {
  test('null skips, an array makes several, each an entry of its own', () => {
    const results: unknown[] = [null, [], { id: 'a' }, [{ id: 'a' }, { id: 'b' }]]
    const preparation = mappedBy(() => results.shift())
    const all = Array.from({ length: 4 }, (_, index) => prepare(lineRecord('{}', index + 1), preparation))
    expect(all.map((entries) => entries.map(shown))).toEqual([
      ['skipped'],
      ['skipped'],
      ['{"id":"a"}'],
      ['{"id":"a"}', '{"id":"b"}'],
    ])
    expect(all[3]?.map(({ endsRecord }) => endsRecord)).toEqual([false, true])
  })

  test('a throw, nothing, and nonsense reject the record, or the one event of several', () => {
    const thrown = mappedBy(() => {
      throw new Error('no repo')
    })
    expect(prepare(lineRecord('{}'), thrown).map(shown)).toEqual(['MAPPING_FAILED: no repo'])
    expect(
      prepare(
        lineRecord('{}'),
        mappedBy(() => undefined),
      ).map(shown)[0],
    ).toMatch(/^MAPPING_RESULT: .*null/u)
    expect(
      prepare(
        lineRecord('{}'),
        mappedBy(() => 5),
      ).map(shown)[0],
    ).toMatch(/^MAPPING_RESULT: .*a number/u)
    const mixed = prepare(
      lineRecord('{}'),
      mappedBy(() => [{ id: 'a' }, null]),
    )
    expect(mixed.map(({ what }) => what.kind)).toEqual(['event', 'rejected'])
  })

  test('a mapping is given the row as it is, and its place', () => {
    const seen: unknown[] = []
    prepare(
      lineRecord('{"n":1,"big":9007199254740993}', 7),
      mappedBy((...given) => seen.push(given)),
    )
    expect(JSON.stringify(seen)).toBe('[[{"n":1,"big":9007199254740993},{"row":7,"line":7}]]')
  })

  test('a row that is no JSON, or has a number that can not be kept, does not reach the mapping', () => {
    const never = mappedBy(() => {
      throw new Error('was asked')
    })
    expect(prepare(lineRecord('{"a":'), never).map(shown)[0]).toMatch(/^MALFORMED_JSON/u)
    expect(prepare(lineRecord('{"a":12345678901234567890}'), never).map(shown)[0]).toMatch(
      /^NUMBER_NOT_EXACT/u,
    )
  })

  test('without a mapping the line goes to the server, whatever it is', () => {
    expect(prepare(lineRecord('not json'), plain).map(shown)).toEqual(['not json'])
  })

  test('the tenant of a plain line is read only where tenants are to be made', () => {
    const tenantOf = (text: string, readsTenants: boolean): unknown => {
      const [entry] = prepare(lineRecord(text), { ...plain, readsTenants })
      return entry?.what.kind === 'event' ? entry.what.tenant : 'none'
    }
    expect(tenantOf('{"tenant":"acme"}', true)).toBe('acme')
    expect(tenantOf('{"tenant":"acme"}', false)).toBeNull()
    expect(tenantOf('{"tenant":7}', true)).toBeNull()
    expect(tenantOf('{"tenant":', true)).toBeNull()
  })

  test('a CSV without a mapping: columns called like members of an event are these, the others are data', () => {
    const fields = { tenant: 'acme', streamId: 's', id: '1', type: 't', time: '', amount: '1.50', note: '' }
    expect(prepare(csvRecord(fields), plain).map(shown)).toEqual([
      '{"tenant":"acme","streamId":"s","id":"1","type":"t","data":{"amount":"1.50","note":""}}',
    ])
    expect(() => prepare(csvRecord({ id: '1', name: 'x' }), plain)).toThrow(
      /streamId, type is missing.*generic-csv/u,
    )
  })
})

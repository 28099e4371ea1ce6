import { describe, expect, it } from 'vitest'
import { parsePrecondition, readClientTrace, versionTag } from '../../../shared/http/index.ts'

describe('parsePrecondition', () => {
  it.each([
    [{}, { mode: 'any' }],
    [{ 'if-none-match': '*' }, { mode: 'none' }],
    [{ 'if-match': '*' }, { mode: 'exists' }],
    [{ 'if-match': '"5"' }, { mode: 'version', version: 5 }],
    [{ 'if-match': ' "5" ' }, { mode: 'version', version: 5 }],
    [{ 'if-match': '"9007199254740991"' }, { mode: 'version', version: Number.MAX_SAFE_INTEGER }],
    [{ 'if-match': '"0"' }, { mode: 'none' }],
    [{ 'if-match': versionTag(12) }, { mode: 'version', version: 12 }],
  ])('%o is %o', (headers, expected) => {
    expect(parsePrecondition(headers)).toEqual(expected)
  })

  it.each([
    [{ 'if-match': 'W/"5"' }, 'weak'],
    [{ 'if-match': '"5", "6"' }, 'one version'],
    [{ 'if-match': '"5","5"' }, 'one version'],
    [{ 'if-match': '5' }, 'double quotes'],
    [{ 'if-match': '"05"' }, 'whole number'],
    [{ 'if-match': '"-1"' }, 'whole number'],
    [{ 'if-match': '"1.5"' }, 'whole number'],
    [{ 'if-match': '"1e3"' }, 'whole number'],
    [{ 'if-match': '"abc"' }, 'whole number'],
    [{ 'if-match': '""' }, 'whole number'],
    [{ 'if-match': '' }, 'whole number'],
    [{ 'if-match': '"9007199254740992"' }, 'whole number'],
    [{ 'if-match': '"99999999999999999999"' }, 'whole number'],
    [{ 'if-none-match': '"5"' }, 'can only be *'],
    [{ 'if-none-match': '' }, 'can only be *'],
    [{ 'if-match': '"5"', 'if-none-match': '*' }, 'together'],
  ])('%o is refused', (headers, detail) => {
    expect(() => parsePrecondition(headers)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONDITION', detail: expect.stringContaining(detail) }),
    )
  })
})

describe('readClientTrace', () => {
  const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const trace = (traceparent: string | null, tracestate?: string) =>
    readClientTrace(
      new Headers({
        ...(traceparent === null ? {} : { traceparent }),
        ...(tracestate === undefined ? {} : { tracestate }),
      }),
    )

  it('keeps what the client sent', () => {
    expect(trace(parent, 'a=1,b=2')).toEqual({ traceParent: parent, traceState: 'a=1,b=2' })
    expect(trace(parent)).toEqual({ traceParent: parent, traceState: null })
    expect(trace(parent, 'x'.repeat(513))).toEqual({ traceParent: parent, traceState: null })
  })

  it('reads later versions as the first', () => {
    expect(trace(parent.replace('00-', 'cc-'))?.traceParent).toBe(parent)
    expect(trace(`${parent.replace('00-', 'cc-')}-more`)?.traceParent).toBe(parent)
  })

  it.each([
    null,
    '',
    'x',
    parent.toUpperCase(),
    `${parent}-more`,
    parent.replace('00-', 'ff-'),
    parent.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
    parent.replace('00f067aa0ba902b7', '0'.repeat(16)),
    parent.slice(0, -1),
    `${parent}, ${parent}`,
  ])('takes %s for absent', (value) => {
    expect(trace(value, 'a=1')).toBeNull()
  })
})

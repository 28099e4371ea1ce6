import { describe, expect, test } from 'vitest'
import {
  castText,
  dateTimeOffsetText,
  dateTimeText,
} from '../../../packages/functions-host/service-bus/net-text.ts'

describe('a time as .NET writes it', () => {
  test.each([
    ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678'],
    ['2026-01-02T03:04:05.670Z', '2026-01-02T03:04:05.67'],
    ['2026-01-02T03:04:00.000Z', '2026-01-02T03:04:00'],
    ['0001-01-01T00:00:00.000Z', '0001-01-01T00:00:00'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999'],
  ])('%s', (time, text) => {
    expect(dateTimeText(new Date(time))).toBe(text)
    expect(dateTimeOffsetText(new Date(time))).toBe(`${text}+00:00`)
  })

  test('what never ends has the last moment that there is', () => {
    expect(dateTimeText(new Date(922_337_203_685_477))).toBe('9999-12-31T23:59:59.9999999')
    expect(dateTimeText(undefined)).toBe('9999-12-31T23:59:59.9999999')
  })
})

test.each([
  [true, 'True'],
  [false, 'False'],
  [7.5, '7.5'],
  ['text', 'text'],
  ['2026-01-02T03:04:05Z', '01/02/2026 03:04:05'],
  ['2026-01-02T03:04:05.1234567', '01/02/2026 03:04:05'],
  ['2026-01-02T03:04:05+01:00', '01/02/2026 02:04:05'],
  ['2026-13-02T03:04:05Z', '2026-13-02T03:04:05Z'],
  ['2026-01-02', '2026-01-02'],
])('%o of a body is cast to %s', (value, text) => {
  expect(castText(value)).toBe(text)
})

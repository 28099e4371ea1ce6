import { describe, expect, test } from 'vitest'
import { formatTimeSpan, parseTimeSpan } from '../../../packages/functions-host/time-span.ts'
import { createTimerSchedule } from '../../../packages/functions-host/timer-schedule.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

describe('time spans', () => {
  test.each<[text: string, durationMs: number | undefined]>([
    ['00:05:00', 5 * MINUTE_MS],
    ['23:59:59', DAY_MS - SECOND_MS],
    ['1:2', HOUR_MS + 2 * MINUTE_MS],
    ['1.02:03:04', DAY_MS + 2 * HOUR_MS + 3 * MINUTE_MS + 4 * SECOND_MS],
    ['00:00:01.5', 1_500],
    ['24:00:00', 24 * DAY_MS],
    ['1:02:03:04', DAY_MS + 2 * HOUR_MS + 3 * MINUTE_MS + 4 * SECOND_MS],
    ['7', 7 * DAY_MS],
    ['-1', -DAY_MS],
    ['-00:00:01', -SECOND_MS],
    [' 00:00:01 ', SECOND_MS],
    ['00:60:00', undefined],
    ['00:00:60', undefined],
    ['24:60:00', undefined],
    ['24:00', undefined],
    ['5 minutes', undefined],
    ['', undefined],
  ])('"%s"', (text, durationMs) => {
    expect(parseTimeSpan(text)).toBe(durationMs)
  })

  test('printed in whole seconds', () => {
    expect(formatTimeSpan(1_500)).toBe('00:00:01')
    expect(formatTimeSpan(DAY_MS + HOUR_MS + MINUTE_MS)).toBe('1.01:01:00')
  })
})

describe('schedules', () => {
  const now = new Date('2026-11-20T10:00:00.250Z')

  test('a cron expression', () => {
    const schedule = createTimerSchedule('0 */5 * * * *', {})
    expect(schedule.next(now)?.toISOString()).toBe('2026-11-20T10:05:00.000Z')
    expect(schedule).toMatchObject({ adjustForDst: true, isSubMinute: false })
  })

  test('a time span counts from the last run', () => {
    const schedule = createTimerSchedule('00:00:30', {})
    expect(schedule.next(now)?.toISOString()).toBe('2026-11-20T10:00:30.250Z')
    expect(schedule).toMatchObject({ adjustForDst: false, isSubMinute: true })
    expect(createTimerSchedule('00:01:00', {}).isSubMinute).toBe(false)
  })

  test('a setting stands for the whole expression or for a part of it', () => {
    expect(createTimerSchedule('%SCHEDULE%', { SCHEDULE: '00:00:30' }).text).toBe('00:00:30')
    expect(createTimerSchedule('0 %MINUTES% * * * *', { MINUTES: '*/5' }).text).toBe('0 */5 * * * *')
    expect(createTimerSchedule('%a:b%', { a__b: '00:00:30' }).text).toBe('00:00:30')
    expect(() => createTimerSchedule('%MISSING%', {})).toThrow('set MISSING')
  })

  test.each<[expression: string, isSubMinute: boolean]>([
    ['*/2 * * * * *', true],
    ['0,30 * * * * *', true],
    ['0 * * * * *', false],
    ['* * * * *', false],
    ['*/2 0 * * * *', false],
    ['*/2 * * * * 1', false],
  ])('"%s" fires more than once a minute: %s', (expression, isSubMinute) => {
    expect(createTimerSchedule(expression, {}).isSubMinute).toBe(isSubMinute)
  })

  test.each(['nonsense', '00:00:00', '-00:00:05', '0 0 25 * * *'])('"%s" is refused', (text) => {
    expect(() => createTimerSchedule(text, {})).toThrow('not recognized')
  })
})

import { describe, expect, test, vi } from 'vitest'
import { CommandFailure } from '../../../cli/frame/index.ts'
import { backOff, isPassing, Patience, withRetries } from '../../../cli/retry.ts'
import { fullJitterMs } from '../../../shared/retry/index.ts'

const signal = new AbortController().signal

describe('trying again', () => {
  test('pauses are of a second at first and of seconds later, whatever the number of failures', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 100].map((failures) => fullJitterMs(failures, backOff, () => 1))
    expect(longest).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000])
  })

  test('what passes by waiting, and what does not', () => {
    const ofTheServer = [
      'DATABASE_BUSY',
      'OUTCOME_UNKNOWN',
      'TENANT_SHARE_HELD',
      'BULK_WORK_FULL',
      'UPLOAD_TOO_SLOW',
    ]
    for (const code of ['UNREACHABLE', 'CONNECTION_LOST', 'HTTP_502', ...ofTheServer]) {
      expect([code, isPassing(code)]).toEqual([code, true])
    }
    for (const code of ['HTTP_404', 'ROLE_MISSING', 'TOKEN_EXPIRED', 'INTERNAL', 'toString', '']) {
      expect([code, isPassing(code)]).toEqual([code, false])
    }
  })

  test('it ends with the first success, and tells once that it waits', async () => {
    const notes: string[] = []
    const work = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new CommandFailure('UNREACHABLE', 'Nothing answers.'))
      .mockRejectedValueOnce(new CommandFailure('HTTP_503', 'Not now.'))
      .mockResolvedValue('done')
    const note = (line: string): void => void notes.push(line)
    expect(await withRetries({ forMs: 60_000, note, signal, random: () => 0 }, work)).toBe('done')
    expect(work).toHaveBeenCalledTimes(3)
    expect(notes).toEqual(['Nothing answers.\nTrying again, for 60 s at most.'])
  })

  test('a failure that would come again is thrown at once; so is any when the time is over', async () => {
    const policy = { forMs: 1, note: () => undefined, signal, random: () => 1 }
    const refused = vi.fn<() => Promise<void>>().mockRejectedValue(new CommandFailure('ROLE_MISSING', 'no'))
    await expect(withRetries({ ...policy, forMs: 60_000 }, refused)).rejects.toMatchObject({
      code: 'ROLE_MISSING',
    })
    const defect = vi.fn<() => Promise<void>>().mockRejectedValue(new TypeError('defect'))
    await expect(withRetries({ ...policy, forMs: 60_000 }, defect)).rejects.toThrow('defect')
    const away = vi.fn<() => Promise<void>>().mockRejectedValue(new CommandFailure('UNREACHABLE', 'away'))
    await expect(withRetries(policy, away)).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect([refused, defect, away].map((work) => work.mock.calls.length)).toEqual([1, 1, 1])
  })

  test('the time counts from the first failure in a row', async () => {
    let nowMs = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    const patience = new Patience({ forMs: 1_000, note: () => undefined, signal, random: () => 0 })
    const failure = new CommandFailure('UNREACHABLE', 'away')
    await patience.wait(failure)
    patience.progress()
    nowMs = 1_500
    await patience.wait(failure)
    nowMs = 2_400
    await patience.wait(failure)
    nowMs = 2_501
    await expect(patience.wait(failure)).rejects.toBe(failure)
    clock.mockRestore()
  })

  test('an interruption ends the waiting', async () => {
    const stop = new AbortController()
    const work = (): Promise<void> => {
      stop.abort(new Error('stopped'))
      return Promise.reject(new CommandFailure('UNREACHABLE', 'away'))
    }
    const policy = { forMs: 60_000, note: () => undefined, signal: stop.signal }
    await expect(withRetries(policy, work)).rejects.toThrow('stopped')
  })
})

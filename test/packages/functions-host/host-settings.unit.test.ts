import { describe, expect, test } from 'vitest'
import { toHostSettings } from '../../../packages/functions-host/host-settings.ts'
import { createHostLog } from '../../../packages/functions-host/log.ts'

function settings(
  content: unknown,
  environment: Record<string, string> = {},
): ReturnType<typeof toHostSettings> {
  return toHostSettings(content, environment, 'host.json')
}

describe('host.json', () => {
  test("defaults are the platform's", () => {
    const read = settings({ version: '2.0' })
    expect(read).toMatchObject({ routePrefix: 'api', functionTimeoutMs: 30 * 60_000 })
    expect(read.logLevels.size).toBe(0)
  })

  test('what is written holds, what is unknown is ignored', () => {
    const read = settings({
      functionTimeout: '00:05:00',
      extensions: { http: { routePrefix: '/v1/', other: 1 }, unknown: {} },
      logging: { logLevel: { default: 'Warning', 'Function.a': 'Debug' } },
      unknown: true,
    })
    expect(read).toMatchObject({ routePrefix: 'v1', functionTimeoutMs: 300_000 })
    expect([...read.logLevels]).toEqual([
      ['default', 'warning'],
      ['function.a', 'debug'],
    ])
    expect(settings({ extensions: { http: { routePrefix: '' } } }).routePrefix).toBe('')
  })

  test('-1 takes the time limit away', () => {
    expect(settings({ functionTimeout: '-1' }).functionTimeoutMs).toBeUndefined()
  })

  test('settings of the environment win', () => {
    const read = settings(
      { functionTimeout: '00:05:00', logging: { logLevel: { default: 'Information' } } },
      {
        AzureFunctionsJobHost__functionTimeout: '00:00:02',
        AzureFunctionsJobHost__logging__logLevel__default: 'Error',
      },
    )
    expect(read.functionTimeoutMs).toBe(2_000)
    expect(read.logLevels.get('default')).toBe('error')
  })

  test.each([
    { functionTimeout: 'soon' },
    { functionTimeout: '00:00:00' },
    { logging: { logLevel: { default: 'Loud' } } },
  ])('%o is refused', (content) => {
    expect(() => settings(content)).toThrow('host.json')
  })
})

describe('log', () => {
  function logged(
    levels: [string, 'debug' | 'warning' | 'none'][],
    write: (log: ReturnType<typeof createHostLog>) => void,
    isTTY = false,
  ): string {
    let text = ''
    const sink = {
      isTTY,
      write(line: string) {
        text += line
      },
    }
    write(createHostLog(new Map(levels), sink))
    return text
  }

  test('one line for each entry, without colour when nobody looks', () => {
    const text = logged([], (log) =>
      log.write({ level: 'error', category: 'f', invocationId: 'id', message: 'one\n  two\r\nthree' }),
    )
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z error f \[id\] one \| two \| three\n$/)
  })

  test('colour on a terminal', () => {
    expect(
      logged([], (log) => log.write({ level: 'error', category: 'Host', message: 'x' }), true),
    ).toContain('\u001B[31m')
  })

  test('information and above by default; the longest category decides', () => {
    const entries = (log: ReturnType<typeof createHostLog>): void => {
      for (const category of ['Host', 'a', 'b']) {
        log.write({ level: 'debug', category, message: 'debug' })
        log.write({ level: 'information', category, message: 'information' })
      }
    }
    expect(logged([], entries).match(/ debug /g)).toBeNull()
    expect(logged([], entries).match(/ information /g)).toHaveLength(3)
    const some = logged(
      [
        ['default', 'warning'],
        ['function.a', 'debug'],
        ['function', 'none'],
      ],
      entries,
    )
    expect(some.match(/ a /g)).toHaveLength(2)
    expect(some).not.toMatch(/ b | Host /)
  })
})

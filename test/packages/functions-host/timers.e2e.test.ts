import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startHost, stopEverything } from './host-process.ts'
import type { HostUnderTest } from './host-process.ts'

afterAll(stopEverything)

interface Seen {
  readonly id: string
  readonly timer: {
    readonly isPastDue: boolean
    readonly scheduleStatus: unknown
    readonly schedule: unknown
  }
  readonly retry?: {
    readonly retryCount: number
    readonly maxRetryCount: number
    readonly exception?: { readonly message: string }
  }
}

/** What the functions below have written about their runs. */
function runsOf(host: HostUnderTest, name: string): Seen[] {
  const pattern = new RegExp(`${name} \\[[0-9a-f-]+\\] RUN (.*)`, 'g')
  return [...host.output().matchAll(pattern)].map((match) => JSON.parse(match[1] ?? '') as Seen)
}

const REPORT = `
const report = (timer, context) => context.log('RUN ' + JSON.stringify({ id: context.invocationId, timer, retry: context.retryContext }))
`

describe('timers', () => {
  test('six fields by a setting, fire again and again, without a status below a minute', async () => {
    const host = await startHost({
      source: `${REPORT}app.timer('tick', { schedule: '%TICK%', handler: report })`,
      environment: { TICK: '* * * * * *' },
    })
    await host.seen(/(?:tick \[.*RUN [^]*){2}/)
    const [first, second] = runsOf(host, 'tick')
    expect(first?.timer).toEqual({ schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false })
    expect(second?.id).not.toBe(first?.id)
    expect(await host.stop()).toBe(0)
  })

  test('a setting that is missing puts the function in error, not the host', async () => {
    const host = await startHost({ source: `app.timer('tick', { schedule: '%TICK%', handler: () => {} })` })
    expect(host.functions).toEqual([])
    await host.seen(/The 'tick' function is in error: '%TICK%' does not resolve to a value/)
  })

  test('a disabled timer does not run', async () => {
    const host = await startHost({
      source: `${REPORT}app.timer('off', { schedule: '* * * * * *', handler: report })\napp.timer('on', { schedule: '* * * * * *', handler: report })`,
      environment: { 'AzureWebJobs.off.Disabled': 'true' },
    })
    await host.seen(/(?:on \[.*RUN [^]*){2}/)
    expect(runsOf(host, 'off')).toEqual([])
  })

  test('runOnStartup, retries with a fixed delay: new ids, the failure before, then the schedule goes on', async () => {
    const host = await startHost({
      source: `${REPORT}
app.timer('failing', { schedule: '0 0 0 1 1 *', runOnStartup: true, retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: 600 },
  handler: (timer, context) => { report(timer, context); throw new Error('failure ' + (context.retryContext?.retryCount ?? 0)) } })`,
    })
    await host.seen(/(?:failing \[.*Failed.*[^]*){3}/)
    const runs = runsOf(host, 'failing')
    expect(runs.map(({ retry }) => retry && { ...retry, exception: retry.exception?.message })).toEqual([
      undefined,
      { retryCount: 1, maxRetryCount: 2, exception: 'failure 0' },
      { retryCount: 2, maxRetryCount: 2, exception: 'failure 1' },
    ])
    expect(new Set(runs.map(({ id }) => id)).size).toBe(3)
    // 600 ms are rounded to whole seconds by the library.
    expect(host.output().match(/Waiting for `00:00:01` before retrying/g)).toHaveLength(2)
    expect(runs[0]?.timer.scheduleStatus).toMatchObject({ last: '0001-01-01T00:00:00+00:00' })
  })

  test('a run that was missed while the host was down is made up for at the next start', async () => {
    const source = `${REPORT}app.timer('yearly', { schedule: '0 0 0 1 1 *', handler: report })`
    const first = await startHost({ source })
    const file = join(first.stateFolder, 'timers', 'yearly.json')
    const noted = JSON.parse(await readFile(file, 'utf8')) as { Last: string; Next: string }
    expect(noted.Last).toBe('0001-01-01T00:00:00+00:00')
    expect(await first.stop()).toBe(0)
    expect(runsOf(first, 'yearly')).toEqual([])
    await writeFile(
      file,
      JSON.stringify({
        Last: '2020-01-01T00:00:00+00:00',
        Next: '2021-01-01T00:00:00+00:00',
        LastUpdated: '2020-01-01T00:00:00+00:00',
      }),
    )

    const second = await startHost({ again: first })
    await second.seen(/yearly \[.*RUN /)
    expect(runsOf(second, 'yearly')[0]?.timer).toMatchObject({
      isPastDue: true,
      scheduleStatus: { last: '2020-01-01T00:00:00+00:00' },
    })
    expect(await second.stop()).toBe(0)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ Next: noted.Next })

    const third = await startHost({ again: first })
    expect((await third.admin('/admin/host/ping')).status).toBe(200)
    expect(await third.stop()).toBe(0)
    expect(runsOf(third, 'yearly')).toEqual([])
  })

  test('a run that is under way when the host stops may end, and the stop waits for it', async () => {
    const host = await startHost({
      source: `app.timer('slow', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: async (timer, context) => {
        context.log('BEGUN')
        await new Promise((resolve) => setTimeout(resolve, 1200))
        context.log('ENDED')
      } })`,
    })
    await host.seen(/BEGUN/)
    expect(await host.stop()).toBe(0)
    expect(host.output()).toContain('ENDED')
  })

  test('a run that goes on too long, and a retry that waits, do not keep the host', async () => {
    const host = await startHost({
      source: `
app.timer('stuck', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: (timer, context) => { context.log('STUCK'); return new Promise(() => {}) } })
app.timer('retrying', { schedule: '0 0 0 1 1 *', runOnStartup: true, retry: { strategy: 'fixedDelay', maxRetryCount: -1, delayInterval: { hours: 1 } },
  handler: () => { throw new Error('boom') } })`,
    })
    await host.seen(/STUCK/)
    await host.seen(/Waiting for `01:00:00` before retrying/)
    expect(await (await host.admin('/admin/host/drain/status')).json()).toMatchObject({
      outstandingRetries: 1,
      outstandingInvocations: 1,
    })
    expect(await host.stop()).toBe(0)
  })
})

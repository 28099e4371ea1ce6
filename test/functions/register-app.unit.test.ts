import type { app as functionsApp } from '@azure/functions'
import { describe, expect, it, vi } from 'vitest'
import { noPlatform, product } from '../../functions/product.ts'
import { registerApp } from '../../functions/register-app.ts'
import { SIDES } from '../../shared/sides/index.ts'
import type { RunsOn } from '../../shared/sides/index.ts'

/**
 * The names of the functions that are registered, by what triggers them. Only the connection to Service Bus is there:
 * nothing else may be read.
 */
function registered(
  runsOn?: RunsOn,
  connection = 'Endpoint=sb://here',
): Record<'http' | 'timer' | 'queue', string[]> {
  const names = { http: [] as string[], timer: [] as string[], queue: [] as string[] }
  const app = {
    setup: () => undefined,
    http: (name: string) => names.http.push(name),
    timer: (name: string) => names.timer.push(name),
    serviceBusQueue: (name: string) => names.queue.push(name),
    hook: { appTerminate: () => undefined },
  }
  vi.stubEnv('ServiceBusConnection', connection)
  registerApp(app as unknown as typeof functionsApp, runsOn === undefined ? {} : { runsOn })
  vi.unstubAllEnvs()
  return names
}

const all = registered()
const { routes, timers, queues, subscriptions } = product().triggersOn(noPlatform)

const ofOperators = routes.filter(({ access }) => access.kind === 'operator').map(({ name }) => name)

describe('the app', () => {
  it('has every trigger where nothing else is said', () => {
    expect(all.http).toEqual(expect.arrayContaining([...routes.map(({ name }) => name), 'docs-page']))
    expect(all.timer).toHaveLength(timers.length + subscriptions.length)
    expect(all.queue).toEqual(queues.map(({ name }) => name))
  })

  it('has no function that receives where there is no Service Bus', () => {
    expect(registered('both', '').queue).toEqual([])
    expect(registered('both', '').timer).toEqual(all.timer)
  })

  it('of one side has what runs there, and the two sides together have everything', () => {
    const [open, background] = SIDES.map((side) => registered(side))
    expect(open?.http).toEqual(
      expect.arrayContaining(['append-events', 'docs-page', 'health-ready', 'import-events']),
    )
    expect(open?.http.filter((name) => ofOperators.includes(name))).toEqual([])
    expect([open?.timer, open?.queue]).toEqual([[], []])
    const inBoth =
      'docs-asset docs-errors docs-openapi docs-page health-live health-ready import-events zz-not-found'
    expect(background?.http.toSorted()).toEqual([...ofOperators, ...inBoth.split(' ')].toSorted())
    expect(background?.timer).toContain('forwarding')
    for (const kind of ['http', 'timer', 'queue'] as const) {
      const together = new Set([...(open?.[kind] ?? []), ...(background?.[kind] ?? [])])
      expect([...together].toSorted()).toEqual(all[kind].toSorted())
    }
  })
})

import type { app as functionsApp } from '@azure/functions'
import { describe, expect, it } from 'vitest'
import { noPlatform, product } from '../../functions/product.ts'
import { registerApp } from '../../functions/register-app.ts'
import { SIDES } from '../../shared/sides/index.ts'
import type { RunsOn } from '../../shared/sides/index.ts'

/** The names of the functions that are registered, by what triggers them. No setting is there: nothing may be read. */
function registered(runsOn?: RunsOn): Record<'http' | 'timer' | 'queue', string[]> {
  const names = { http: [] as string[], timer: [] as string[], queue: [] as string[] }
  const app = {
    setup: () => undefined,
    http: (name: string) => names.http.push(name),
    timer: (name: string) => names.timer.push(name),
    serviceBusQueue: (name: string) => names.queue.push(name),
    hook: { appTerminate: () => undefined },
  }
  registerApp(app as unknown as typeof functionsApp, runsOn === undefined ? {} : { runsOn })
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

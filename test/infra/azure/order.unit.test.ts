import { describe, expect, it } from 'vitest'
import { template } from './snapshots.ts'

/** What a module of platform.bicep waits for, by itself. */
const waitsFor = (module: string): readonly string[] =>
  template.resources[`platform/${module}`]?.waitsFor ?? []

/**
 * Names and ids are made from parameters, so few modules take an output of another. What they need to be there is said by
 * dependsOn, and nothing but this would notice if it went.
 */
describe('the order of a deployment', () => {
  it.each(['storage', 'postgres', 'serviceBus', 'analyticsFamily', 'redis', 'apps'])(
    'makes the network before %s, which names a subnet and zones of it',
    (module) => {
      expect(waitsFor(module)).toContain('vnet')
    },
  )

  it.each(['monitoring', 'storage', 'serviceBus', 'analyticsFamily', 'redis', 'apps'])(
    'makes the identities before %s, which gives them rights or uses them',
    (module) => {
      expect(waitsFor(module)).toContain('identities')
    },
  )

  it('makes everything that gives an app a right or an address before the apps', () => {
    expect(waitsFor('apps')).toEqual(
      expect.arrayContaining(['analyticsFamily', 'monitoring', 'postgres', 'serviceBus', 'storage']),
    )
  })

  it.each(['newDatabase', 'existingDatabase'])('runs the script of %s before it gives a right', (module) => {
    const place = `platform/analyticsFamily/${module}`
    expect(template.resources[`${place}/maySend`]?.waitsFor).toContain('events')
    expect(template.resources[`${place}/events`]?.waitsFor).toContain('database')
  })

  it('makes the cluster before its database, which knows it by name only', () => {
    expect(template.resources['platform/analyticsFamily/newDatabase']?.waitsFor).toContain('cluster')
  })

  it.each(['publicApp', 'backgroundApp'])(
    'writes to %s one after the other, and its settings last',
    (app) => {
      const inside = `platform/apps/${app}/site::`
      expect(template.resources[`${inside}scm`]?.waitsFor).toContain('site::ftp')
      expect(template.resources[`${inside}allSettings`]?.waitsFor).toContain('site::scm')
    },
  )

  it('makes the public app first, whose address the other one gives to who asks', () => {
    expect(template.resources['platform/apps/backgroundApp']?.waitsFor).toContain('publicApp')
  })

  it('tries an endpoint again while the network is busy', () => {
    const endpoints = Object.entries(template.resources).filter(([, { type }]) =>
      type.startsWith('Microsoft.Network/privateEndpoints@'),
    )
    expect(endpoints.length).toBeGreaterThan(4)
    for (const [place, { options }] of endpoints)
      expect([place, options?.['retryOn']]).toEqual([
        place,
        [['AnotherOperationInProgress', 'RetryableError'], 4],
      ])
  })
})

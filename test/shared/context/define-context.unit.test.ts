import { expect, it } from 'vitest'
import { z } from 'zod'
import { defineContext, noPlatform, route } from './support.ts'

const settings = { TRICKLE_NOTES_SIZE_MAX: z.string().default('7').transform(Number) }

it('describes its triggers without a platform', () => {
  const notes = defineContext({
    name: 'notes',
    settings,
    services: (platform, own) => ({ name: () => platform.name, max: () => own.TRICKLE_NOTES_SIZE_MAX }),
    routes: (services) => [route('list-notes', '/api/notes', { handler: () => services().name })],
    timers: (services) => [
      { name: 'tidy-notes', schedule: '0 0 * * * *', run: async (log) => log.log(services().max) },
    ],
  })
  const { routes, timers, queues, subscriptions } = notes.triggersOn(noPlatform)
  expect(routes.map(({ name, runsOn }) => [name, runsOn])).toEqual([['list-notes', 'public']])
  expect(timers.map(({ name }) => name)).toEqual(['tidy-notes'])
  expect([queues, subscriptions, notes.errors, notes.access]).toEqual([[], [], {}, {}])
})

it('gives all triggers of one platform the same services, made of its platform and of its own settings', async () => {
  let asked = 0
  const seen: unknown[] = []
  const notes = defineContext({
    name: 'notes',
    settings,
    services: (platform, own) => ({ both: () => [platform.name, own] }),
    timers: (services) =>
      ['a', 'b'].map((name) => ({
        name,
        schedule: '0 0 * * * *',
        run: async () => {
          seen.push(services().both)
        },
      })),
  })
  const { timers } = notes.triggersOn(() => {
    asked += 1
    return { name: 'p', settings: { TRICKLE_NOTES_SIZE_MAX: 9, TRICKLE_POSTGRES_APP_URL: 'secret' } }
  })
  const log = { log: () => undefined, warn: () => undefined }
  for (const timer of timers) await timer.run(log)
  expect(seen).toEqual([['p', { TRICKLE_NOTES_SIZE_MAX: 9 }], seen[0]])
  expect(seen[1]).toBe(seen[0])
  expect(asked).toBe(1)
})

it('does not read settings where it has none: it works while those of others are wrong', () => {
  const plain = defineContext({
    name: 'plain',
    services: (platform) => ({ name: () => platform.name }),
    routes: (services) => [route('plain', '/api/plain', { handler: () => services().name })],
  })
  const { routes } = plain.triggersOn(() => ({
    name: 'p',
    get settings(): object {
      throw new Error('settings were read')
    },
  }))
  expect(routes[0]?.handler({} as never)).toBe('p')
})

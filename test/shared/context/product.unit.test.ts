import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineQueue } from '../../../shared/context/index.ts'
import { defineErrors, TrickleError } from '../../../shared/errors/index.ts'
import type { RunsOn } from '../../../shared/sides/index.ts'
import { defineSubscription } from '../../../shared/subscriptions/index.ts'
import { defineContext, noPlatform, productOf, queueSettings, route } from './support.ts'

type Definition = Omit<Parameters<typeof defineContext>[0], 'name'>

const IN_NOTES = 'the context notes (functions/notes/context.ts)'
const IN_MEMOS = 'the context memos (functions/memos/context.ts)'

const subscription = defineSubscription({ name: 'count', handle: () => undefined })
const queue = (name: string) =>
  defineQueue({
    name,
    settings: queueSettings,
    senders: ['app'],
    schema: z.unknown(),
    handler: () => Promise.resolve(),
  })
const timer = (name: string) => ({ name, schedule: '0 0 * * * *', run: () => Promise.resolve() })

/** Why two contexts, notes and memos, can't be put together. */
function refusal(notes: Definition, memos: Definition, names = ['notes', 'memos']): string {
  const [first = '', second = ''] = names
  try {
    productOf([defineContext({ ...notes, name: first }), defineContext({ ...memos, name: second })], {
      settings: ['TRICKLE_NOTES_POSTGRES'],
      queues: ['trickle-notes-platform'],
    }).triggersOn(noPlatform)
    return ''
  } catch (error) {
    return error instanceof TrickleError && error.code === 'CONFIGURATION_INVALID'
      ? error.detail
      : 'another error'
  }
}

describe('contexts are put together', () => {
  it('with all that they declare', () => {
    const errors = defineErrors({ NOTE_NOT_FOUND: { status: 404, title: 'There is no such note' } })
    const access = { 'trickle_notes_state.notes': { trickle_app: { select: 'own' } } } as const
    const size = z.string().default('7')
    const product = productOf([
      defineContext({
        name: 'notes',
        settings: { TRICKLE_NOTES_SIZE: size },
        errors,
        tags: { Notes: 'What was noted.' },
        access,
        routes: () => [route('list-notes', '/api/notes', { errors: [errors.NOTE_NOT_FOUND] })],
        timers: () => [timer('tidy-notes')],
        queues: () => [queue('trickle-notes')],
        subscriptions: () => [subscription],
      }),
      defineContext({ name: 'plain', routes: () => [route('plain', '/api/plain')] }),
    ])
    expect(product.contexts).toEqual(['notes', 'plain'])
    expect(product.settings).toEqual({ TRICKLE_NOTES_SIZE: size })
    expect([product.errors, product.access]).toEqual([errors, access])
    expect(product.tags).toEqual({ Notes: 'What was noted.' })
    const { routes, timers, queues, subscriptions } = product.triggersOn(noPlatform)
    expect(routes.map(({ name }) => name)).toEqual(['list-notes', 'plain'])
    expect([timers, queues].flat().map(({ name }) => name)).toEqual(['tidy-notes', 'trickle-notes'])
    expect(subscriptions).toEqual([subscription])
  })
})

describe('contexts that clash are refused, with both places', () => {
  it('for a name', () => {
    expect(refusal({}, {}, ['notes', 'notes'])).toContain('Two are called notes')
    expect(refusal({}, {}, ['notes', 'Me mos'])).toContain('Me mos is no name')
  })

  it('for a setting', () => {
    const settings = { TRICKLE_NOTES_SIZE: z.string().optional() }
    const text = refusal({ settings }, { settings }, ['notes', 'notes-size'])
    expect(text).toContain('setting TRICKLE_NOTES_SIZE of the context notes-size')
    expect(text).toContain('must begin with TRICKLE_NOTES_SIZE_')
    const deep = { TRICKLE_NOTES_OLD_SIZE: z.string().optional() }
    expect(refusal({ settings: deep }, { settings: deep }, ['notes', 'notes-old'])).toContain(
      `setting TRICKLE_NOTES_OLD_SIZE is declared by ${IN_NOTES} and by the context notes-old`,
    )
    expect(refusal({ settings: { TRICKLE_NOTES_POSTGRES: z.string().optional() } }, {})).toContain(
      `TRICKLE_NOTES_POSTGRES is declared by the platform itself and by ${IN_NOTES}`,
    )
    expect(refusal({}, { settings })).toContain(
      `TRICKLE_NOTES_SIZE of ${IN_MEMOS} must begin with TRICKLE_MEMOS_`,
    )
  })

  it('for an error, also with one of shared/', () => {
    const errors = defineErrors({ GONE: { status: 410, title: 't' } })
    expect(refusal({ errors }, { errors })).toContain(
      `error GONE is declared by ${IN_NOTES} and by ${IN_MEMOS}`,
    )
    const known = defineErrors({ VALIDATION_FAILED: { status: 400, title: 't' } })
    expect(refusal({ errors: known }, {})).toContain(
      `VALIDATION_FAILED is declared by the platform itself and by ${IN_NOTES}`,
    )
  })

  it('for an error that a route answers with and its context does not declare', () => {
    const { GONE } = defineErrors({ GONE: { status: 410, title: 't' } })
    const routes = () => [route('list-memos', '/api/memos', { errors: [GONE] })]
    expect(refusal({ errors: { GONE } }, { routes })).toContain(
      `The route list-memos lists the error GONE, which ${IN_MEMOS} does not declare`,
    )
  })

  it('for a table that is not in a schema of its own', () => {
    const access = { 'trickle_notes_state.notes': {} }
    expect(refusal({ access }, { access })).toContain(
      `relation trickle_notes_state.notes of ${IN_MEMOS} must begin with trickle_memos_`,
    )
  })

  it('for a function, whatever triggers it', () => {
    const routes = () => [route('tidy', '/api/tidy')]
    expect(refusal({ routes }, { timers: () => [timer('tidy')] })).toContain(
      `function tidy is declared by ${IN_NOTES} and by ${IN_MEMOS}`,
    )
    const timers = () => [timer('subscription-count')]
    expect(refusal({ timers }, { subscriptions: () => [subscription] })).toContain(
      'function subscription-count',
    )
  })

  it('for a route', () => {
    const text = refusal(
      {
        routes: () => [
          route('get-note', '/api/notes/{id}', { request: { params: z.object({ id: z.string() }) } }),
        ],
      },
      { routes: () => [route('get-memos', '/api/notes/memos')] },
    )
    expect(text).toContain(
      'GET /api/notes/{id} (get-note of notes) and GET /api/notes/memos (get-memos of memos) overlap',
    )
  })

  it('for a subscription, also with one that a timer works on by itself', () => {
    const subscriptions = () => [subscription]
    const timers = () => [
      { ...timer('own'), subscription: 'count', run: () => Promise.resolve('done' as const) },
    ]
    expect(refusal({ timers }, { subscriptions })).toContain(
      `subscription count is declared by ${IN_NOTES} and by ${IN_MEMOS}`,
    )
  })

  it('for a queue', () => {
    expect(refusal({}, { queues: () => [queue('trickle-notes')] })).toContain(
      `queue trickle-notes of ${IN_MEMOS} must begin with trickle-memos`,
    )
    expect(refusal({ queues: () => [queue('trickle-notes-platform')] }, {})).toContain(
      `trickle-notes-platform is declared by the platform itself and by ${IN_NOTES}`,
    )
  })
})

describe('topics', () => {
  const topic = (name: string) => ({ name, defaultMessageTimeToLive: 'P7D', subscriptions: {} })

  it('are put together', () => {
    const contexts = [defineContext({ name: 'notes', topics: [topic('trickle-notes')] })]
    expect(productOf(contexts).topics).toEqual([topic('trickle-notes')])
  })

  it('are refused under a name that is not of their context, or that a queue has', () => {
    expect(refusal({}, { topics: [topic('trickle-notes')] })).toContain(
      `topic trickle-notes of ${IN_MEMOS} must begin with trickle-memos`,
    )
    expect(refusal({ topics: [topic('trickle-notes-platform')] }, {})).toContain(
      `trickle-notes-platform is declared by the platform itself and by ${IN_NOTES}`,
    )
    const both = { topics: [topic('trickle-notes')], queues: () => [queue('trickle-notes')] }
    expect(refusal(both, {})).toContain('trickle-notes is declared by')
  })
})

describe('the two apps', () => {
  const settings = { TRICKLE_NOTES_SIZE: z.string() }
  const memos = defineContext({ name: 'memos', settings: { TRICKLE_MEMOS_SIZE: z.string() } })
  const taken = { settings: [], queues: [] }
  const settingsOf = (notes: Definition, app: RunsOn): string[] =>
    Object.keys(
      productOf([defineContext({ ...notes, name: 'notes', settings }), memos], taken).settingsIn(app),
    )

  it('read the settings of contexts that have something to do there, or nothing to do at all', () => {
    const both = ['TRICKLE_NOTES_SIZE', 'TRICKLE_MEMOS_SIZE']
    const timers = () => [timer('notes-timer')]
    const routes = () => [route('list-notes', '/api/notes')]
    expect(settingsOf({ timers }, 'public')).toEqual(['TRICKLE_MEMOS_SIZE'])
    expect(settingsOf({ timers }, 'background')).toEqual(both)
    expect(settingsOf({ routes }, 'background')).toEqual(['TRICKLE_MEMOS_SIZE'])
    expect(settingsOf({ routes }, 'public')).toEqual(both)
    expect(settingsOf({ routes, timers }, 'public')).toEqual(both)
    expect(settingsOf({ subscriptions: () => [subscription] }, 'public')).toEqual(['TRICKLE_MEMOS_SIZE'])
    expect(settingsOf({ timers }, 'both')).toEqual(both)
  })
})

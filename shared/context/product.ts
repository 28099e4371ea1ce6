import { codeOfError, errorCatalogue } from '../errors/index.ts'
import type { ErrorEntry } from '../errors/index.ts'
import { findOverlaps } from '../http/index.ts'
import type { TableAccess } from '../postgres/index.ts'
import { isRunBy } from '../sides/index.ts'
import type { RunsOn } from '../sides/index.ts'
import { claimsOf, contextsRefused, placeOf, refuseForeign, refuseTwice } from './clashes.ts'
import type { Context, SettingsShape, Triggers } from './define-context.ts'
import type { Topic } from './define-topic.ts'
import { timerOfSubscription } from './register.ts'

/** What the contexts of an app declare, put together. */
export interface Product<P, T> {
  /** Their names, in the order in which they are listed. */
  readonly contexts: readonly string[]
  readonly settings: SettingsShape
  /** The settings of those contexts that have something to do in an app. A context without any trigger counts as one. */
  readonly settingsIn: (app: RunsOn) => SettingsShape
  /** The subscriptions of all contexts, also those that a timer of its own works on. */
  readonly subscriptionNames: () => readonly string[]
  /** The errors of all contexts, by their codes; those of shared/ are in its own catalogue. */
  readonly errors: Readonly<Record<string, ErrorEntry>>
  /** What the reference says of the tags of routes, by tag. */
  readonly tags: Readonly<Record<string, string>>
  readonly access: TableAccess
  readonly topics: readonly Topic[]
  /**
   * The triggers of all contexts.
   * @throws TrickleError CONFIGURATION_INVALID where two of them clash
   */
  readonly triggersOn: (platform: () => P) => Triggers<T>
}

/** Names that the platform has itself, so that no context may declare them. */
export interface Taken {
  readonly settings: readonly string[]
  readonly queues: readonly string[]
}

/** Short enough that the longest name made from it, that of a table's policy, still fits into PostgreSQL's 63 bytes. */
const NAME = /^[a-z][a-z0-9-]{0,29}$/

/**
 * Puts contexts together.
 * @throws TrickleError CONFIGURATION_INVALID where two contexts declare the same name, or one declares a name that it
 *   may not have. The error says which name, and where.
 */
export function putTogether<P, T>(contexts: readonly Context<P, T>[], taken: Taken): Product<P, T> {
  for (const { name } of contexts) {
    if (!NAME.test(name))
      throw contextsRefused(`${name} is no name: it must be 1 to 30 lower-case letters, digits and hyphens.`)
  }
  const names = contexts.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw contextsRefused(`Two are called ${twice}. Give each the name of its folder in functions/.`)
  const settings = claimsOf(contexts, (context) => Object.keys(context.settings))
  refuseForeign('setting', settings, (context) => `TRICKLE_${underscored(context).toUpperCase()}_`)
  refuseTwice('setting', settings, taken.settings)
  refuseTwice(
    'error',
    claimsOf(contexts, ({ errors }) => Object.keys(errors)),
    Object.keys(errorCatalogue),
  )
  // A topic and a queue of one namespace can't have one name; names of queues are refused with those of topics below.
  const topics = claimsOf(contexts, (context) => context.topics.map(({ name }) => name))
  refuseForeign('topic', topics, (context) => `trickle-${context}`)
  refuseTwice('topic', topics, taken.queues)
  const relations = claimsOf(contexts, ({ access }) => Object.keys(access))
  refuseForeign('relation', relations, (context) => `trickle_${underscored(context)}_`)
  refuseTwice('relation', relations)
  return {
    contexts: names,
    settings: settingsOf(contexts),
    subscriptionNames: () => contexts.flatMap(subscriptionNamesOf),
    settingsIn: (app) => settingsOf(contexts.filter((context) => hasWorkIn(context, app))),
    errors: Object.fromEntries(contexts.flatMap(({ errors }) => Object.entries(errors))),
    tags: Object.fromEntries(contexts.flatMap(({ tags }) => Object.entries(tags))),
    access: Object.fromEntries(contexts.flatMap(({ access }) => Object.entries(access))),
    topics: contexts.flatMap((context) => context.topics),
    triggersOn: (platform) => triggersOf(contexts, platform, taken),
  }
}

const settingsOf = <P, T>(contexts: readonly Context<P, T>[]): SettingsShape =>
  Object.fromEntries(contexts.flatMap((context) => Object.entries(context.settings)))

/** Services are made by triggers alone, so a context without a trigger in an app reads no setting there. */
function hasWorkIn<P, T>(context: Context<P, T>, app: RunsOn): boolean {
  const { routes, timers, queues, commands, subscriptions } = context.triggersOn(describedAlone)
  const places = [
    ...[...routes, ...queues].map(({ runsOn }) => runsOn),
    ...[...timers, ...subscriptions.map(timerOfSubscription)].map(({ runsOn }) => runsOn ?? 'background'),
    ...commands.map(() => 'background' as const),
  ]
  return places.length === 0 || places.some((runsOn) => isRunBy(runsOn, app))
}

const subscriptionNamesOf = <P, T>({ triggersOn }: Context<P, T>): string[] =>
  namesOfSubscriptions(triggersOn(describedAlone))

const namesOfSubscriptions = ({
  subscriptions,
  timers,
}: Pick<Triggers<never>, 'subscriptions' | 'timers'>): string[] => [
  ...subscriptions.map(({ name }) => name),
  ...timers.flatMap(({ subscription }) => subscription ?? []),
]

function describedAlone(): never {
  throw new Error('what a context declares must be known without its services')
}

const underscored = (context: string): string => context.replaceAll('-', '_')

function triggersOf<P, T>(contexts: readonly Context<P, T>[], platform: () => P, taken: Taken): Triggers<T> {
  const bound = contexts.map((context) => ({
    name: context.name,
    errors: context.errors,
    ...context.triggersOn(platform),
  }))
  refuseTwice(
    'function',
    claimsOf(bound, ({ routes, timers, queues, subscriptions }) =>
      [...routes, ...timers, ...queues, ...subscriptions.map(timerOfSubscription)].map(({ name }) => name),
    ),
  )
  refuseTwice('subscription', claimsOf(bound, namesOfSubscriptions))
  const queues = claimsOf(bound, (context) => context.queues.map(({ name }) => name))
  refuseForeign('queue', queues, (context) => `trickle-${context}`)
  refuseTwice('queue', queues, [...taken.queues, ...topicNames(contexts)])
  refuseTwice(
    'command',
    claimsOf(bound, ({ commands }) => commands.map(({ type }) => type)),
  )
  for (const context of bound) refuseUndeclaredErrors(context)
  refuseOverlaps(bound)
  return {
    routes: bound.flatMap(({ routes }) => routes),
    timers: bound.flatMap(({ timers }) => timers),
    queues: bound.flatMap((context) => context.queues),
    commands: bound.flatMap(({ commands }) => commands),
    subscriptions: bound.flatMap(({ subscriptions }) => subscriptions),
  }
}

const topicNames = <P, T>(contexts: readonly Context<P, T>[]): string[] =>
  contexts.flatMap(({ topics }) => topics.map(({ name }) => name))

type Bound<T> = Triggers<T> & Pick<Context<unknown, T>, 'name' | 'errors'>

/** If a context does not declare an error, clients would get the error and no document would list it. */
function refuseUndeclaredErrors({ name, errors, routes }: Bound<never>): void {
  for (const route of routes) {
    const unknown = route.errors
      .filter((error) => typeof error !== 'string')
      .find((error) => errors[codeOfError(error)] !== error)
    if (unknown === undefined) continue
    throw contextsRefused(
      `The route ${route.name} lists the error ${unknown.code}, which ${placeOf(name)} does not declare.`,
    )
  }
}

function refuseOverlaps(bound: readonly Bound<never>[]): void {
  const overlaps = findOverlaps(
    bound.flatMap(({ name: context, routes }) =>
      routes.map((route) => ({ ...route, name: `${route.name} of ${context}` })),
    ),
  )
  if (overlaps.length > 0)
    throw contextsRefused(`${overlaps.join('. ')}. Change the path of one of each two.`)
}

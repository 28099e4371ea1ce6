import type { z } from 'zod'
import type { ErrorKind } from '../errors/index.ts'
import type { Route } from '../http/index.ts'
import type { TableAccess } from '../postgres/index.ts'
import type { Subscription } from '../subscriptions/index.ts'
import type { Topic } from './define-topic.ts'
import { madeOnce } from './made-once.ts'
import type { MadeBy, Makers } from './made-once.ts'
import type { Command } from './define-command.ts'
import type { Queue, Timer } from './triggers.ts'

/** Settings of a context: for each name the schema that checks its text. */
export type SettingsShape = Readonly<Record<string, z.ZodType<unknown, string | undefined>>>

/** What a settings shape makes of the environment. */
export type SettingsOf<Shape extends SettingsShape> = {
  readonly [Name in keyof Shape]: z.output<Shape[Name]>
}

/** What a platform must have to carry contexts: the settings of all of them, checked together. */
export interface HoldsSettings {
  readonly settings: object
}

export interface ContextDefinition<P, T, Shape extends SettingsShape, M extends Makers> {
  /** Name of the folder: lower-case letters, digits and hyphens. Names of all it owns begin with it. */
  readonly name: string
  /**
   * Names begin with `TRICKLE_{NAME}_`. docs/configuration.md, the sample and the template of Azure are generated from
   * it.
   */
  readonly settings?: Shape
  readonly errors?: Readonly<Record<string, ErrorKind>>
  /** What the reference says of each tag that its routes have. */
  readonly tags?: Readonly<Record<string, string>>
  /** Who may do what to its tables, whose schemas are named `trickle_{name}_{purpose}`. */
  readonly access?: TableAccess
  /** How its services are made of the platform; each is made once, when it is first used. */
  readonly services?: (platform: P, settings: SettingsOf<Shape>) => M
  /**
   * Called when the app starts. Only a handler may call `services()`, and only while it works: nothing is opened at the
   * start.
   */
  readonly routes?: (services: () => MadeBy<M>) => readonly Route<T>[]
  readonly timers?: (services: () => MadeBy<M>) => readonly Timer[]
  readonly queues?: (services: () => MadeBy<M>) => readonly Queue[]
  /** What it does with commands that come by the queue `trickle-commands`, by their type. */
  readonly commands?: (services: () => MadeBy<M>) => readonly Command<T>[]
  /** Each is run every few seconds, in the background. */
  readonly subscriptions?: (services: () => MadeBy<M>) => readonly Subscription[]
  /** Topics of Service Bus on which it publishes. What is sent to them, its subscriptions say. */
  readonly topics?: readonly Topic[]
}

/** The triggers of a context, on a platform. */
export interface Triggers<T> {
  readonly routes: readonly Route<T>[]
  readonly timers: readonly Timer[]
  readonly queues: readonly Queue[]
  readonly commands: readonly Command<T>[]
  readonly subscriptions: readonly Subscription[]
}

/**
 * A context as the app puts it together with others. The types of its settings and services are known inside it alone.
 */
export interface Context<P, T> {
  readonly name: string
  readonly settings: SettingsShape
  readonly errors: Readonly<Record<string, ErrorKind>>
  readonly tags: Readonly<Record<string, string>>
  readonly access: TableAccess
  readonly topics: readonly Topic[]
  /** @param platform asked for at the first use of a service, so that describing the triggers needs none */
  readonly triggersOn: (platform: () => P) => Triggers<T>
}

export type DefineContext<P, T> = <const Shape extends SettingsShape = {}, M extends Makers = {}>(
  definition: ContextDefinition<P, T, Shape, M>,
) => Context<P, T>

/** Gives `defineContext` the types of the platform and of the tenant that contexts stand on. */
export function defineContextFor<P extends HoldsSettings, T>(): DefineContext<P, T> {
  return define
}

function define<P extends HoldsSettings, T, Shape extends SettingsShape, M extends Makers>(
  definition: ContextDefinition<P, T, Shape, M>,
): Context<P, T> {
  const { name, settings, errors = {}, tags = {}, access = {}, topics = [] } = definition
  const { routes, timers, queues, commands, subscriptions } = definition
  return {
    name,
    settings: settings ?? {},
    errors,
    tags,
    access,
    topics,
    triggersOn(platform) {
      let made: MadeBy<M> | undefined
      const services = (): MadeBy<M> => (made ??= makeServices(definition, platform()))
      return {
        routes: routes?.(services) ?? [],
        timers: timers?.(services) ?? [],
        queues: queues?.(services) ?? [],
        commands: commands?.(services) ?? [],
        subscriptions: subscriptions?.(services) ?? [],
      }
    },
  }
}

function makeServices<P extends HoldsSettings, T, Shape extends SettingsShape, M extends Makers>(
  { settings, services }: ContextDefinition<P, T, Shape, M>,
  platform: P,
): MadeBy<M> {
  const names = Object.keys(settings ?? {})
  // A context without settings must not fail because of the settings of others.
  const own = names.length === 0 ? {} : pick(platform.settings, names)
  // This cast is safe: the platform has checked its settings with the shapes of all contexts.
  return madeOnce(services?.(platform, own as SettingsOf<Shape>) ?? ({} as M))
}

const pick = (settings: object, names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, Reflect.get(settings, name)]))

/** The product: what its contexts declare, put together. Documents and templates are generated from it too. */
import packageFile from '../package.json' with { type: 'json' }
import { FORWARDER_NAME } from '../shared/adx/index.ts'
import { sharedSettingNames } from '../shared/config/index.ts'
import { madeOnce, putTogether, topicEntryOf } from '../shared/context/index.ts'
import type { Product, QueueEntry, TopicEntry } from '../shared/context/index.ts'
import { errorCatalogue } from '../shared/errors/index.ts'
import type { ErrorEntry } from '../shared/errors/index.ts'
import type { DocumentInfo, Route } from '../shared/http/index.ts'
import type { TenantContext } from '../shared/tenancy/index.ts'
import * as app from './app.ts'
import { platformQueues } from './platform-queues.ts'
import type { Platform, PlatformQueue } from './platform.ts'

/**
 * Put together at the first use and not when this file is loaded: if it fails, the code that starts the app can then
 * log the reason.
 * @throws TrickleError CONFIGURATION_INVALID where contexts clash
 */
export const product = (): Product<Platform, TenantContext> => made.product

const made = madeOnce({
  product: () =>
    putTogether(Object.values(app), {
      settings: sharedSettingNames,
      queues: Object.keys(platformQueues),
    }),
})

/** Every error that can be answered, by its code. */
export const productErrors = (): Readonly<Record<string, ErrorEntry>> => ({
  ...errorCatalogue,
  ...product().errors,
})

/** Every route of the product, without the reference about them. */
export const productRoutes = (platform: () => Platform): readonly Route<TenantContext>[] =>
  product().triggersOn(platform).routes

/** Every queue, those of contexts after the platform's own. */
export function productQueues(): Record<string, QueueEntry> {
  const { queues } = product().triggersOn(noPlatform)
  const ofContexts = queues.map(({ name, settings, senders, receiver }): [string, QueueEntry] => [
    name,
    { ...settings, sender: senders, receiver: [receiver] },
  ])
  return { ...platformQueues, ...Object.fromEntries(ofContexts) }
}

/** The same queues, as who mends their messages needs to know them. */
export function mendableQueues(): Record<string, PlatformQueue> {
  const { queues } = product().triggersOn(noPlatform)
  // A queue whose bodies come as bytes is one of the product's own message queues (defineMessageQueue).
  const withEnvelopes = new Set(queues.filter(({ isBinary }) => isBinary).map(({ name }) => name))
  const all = Object.entries(productQueues())
  return Object.fromEntries(
    all.map(([name, settings]) => [name, { ...settings, takesEnvelopes: withEnvelopes.has(name) }]),
  )
}

/** Every topic; only contexts have some. */
export const productTopics = (): Record<string, TopicEntry> =>
  Object.fromEntries(product().topics.map((topic) => topicEntryOf(topic)))

/**
 * Where a context has one of these queues or topics, there must be a Service Bus. The product's own functions can be
 * missing.
 */
export const queuesOfContexts = (): readonly string[] => {
  const { queues } = product().triggersOn(noPlatform)
  const needed = queues.filter(({ needsServiceBus }) => needsServiceBus)
  return [...needed, ...product().topics].map(({ name }) => name)
}

/** The subscriptions beside forwarding: where one is, nudges have something to wake. */
export const subscriptionsOfContexts = (): readonly string[] =>
  product()
    .subscriptionNames()
    .filter((name) => name !== FORWARDER_NAME)

/** For documents: triggers are described without a platform. */
export function noPlatform(): never {
  throw new Error('what a context declares must be known without its services')
}

/** What the reference says of the product as a whole. */
export const apiInfo = (): DocumentInfo => ({
  title: 'Trickle',
  version: packageFile.version,
  description: packageFile.description,
  tags: product().tags,
})

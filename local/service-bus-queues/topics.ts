import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { fileSchema, parseFile, queuesFile } from './queues.ts'
import type { subscriptionSchema } from './queues.ts'

/** A subscription of a topic with the values it has in Azure. Durations are ISO 8601. */
export type TopicSubscription = Readonly<z.output<typeof subscriptionSchema>> & { readonly name: string }

export interface Topic {
  readonly name: string
  readonly defaultMessageTimeToLive: string
  readonly subscriptions: readonly TopicSubscription[]
}

/** The topics in the text of a queues file. Throws an error that names the file, the topic and the setting. */
export function parseTopics(text: string, file: string): readonly Topic[] {
  const { topics } = parseFile(fileSchema, text, file)
  return Object.entries(topics).map(([name, { defaultMessageTimeToLive, subscriptions }]) => ({
    name,
    defaultMessageTimeToLive,
    subscriptions: Object.entries(subscriptions).map(([subscription, settings]) => ({
      name: subscription,
      ...settings,
    })),
  }))
}

/** The topics of infra/service-bus/queues.json. */
export async function readTopics(): Promise<readonly Topic[]> {
  return parseTopics(await readFile(queuesFile, 'utf8'), queuesFile)
}

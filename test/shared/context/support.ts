import { z } from 'zod'
import { defineContextFor, putTogether } from '../../../shared/context/index.ts'
import type { Context, Product, QueueSettings, Taken } from '../../../shared/context/index.ts'
import { defineRouteFor, reply } from '../../../shared/http/index.ts'
import type { Route } from '../../../shared/http/index.ts'

/** A platform of a test: settings, and a name that services show. */
export interface TestPlatform {
  readonly settings: object
  readonly name: string
}

export const defineContext = defineContextFor<TestPlatform, string>()

export const route = (name: string, path: `/api/${string}`, more: object = {}): Route<string> =>
  defineRouteFor<string>()({
    name,
    method: 'GET',
    path,
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: {},
    responses: { 200: { description: 'd', schema: z.unknown() } },
    handler: () => reply(200, { json: {} }),
    ...more,
  })

export const queueSettings: QueueSettings = {
  lockDuration: 'PT1M',
  maxDeliveryCount: 5,
  defaultMessageTimeToLive: 'P1D',
  requiresSession: true,
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindow: 'PT20S',
  deadLetteringOnMessageExpiration: true,
}

const nothingTaken: Taken = { settings: [], queues: [] }

export const productOf = (
  contexts: readonly Context<TestPlatform, string>[],
  taken: Taken = nothingTaken,
): Product<TestPlatform, string> => putTogether(contexts, taken)

/** For what must be known without a platform. */
export const noPlatform = (): never => {
  throw new Error('the platform was asked for')
}

import { z } from 'zod'

export const storedEventSchema = z
  .object({
    id: z.string(),
    source: z.string(),
    streamId: z.string(),
    version: z.int(),
    type: z.string(),
    time: z.string(),
    recordedAt: z.string(),
    streamType: z.string().optional(),
    schemaVersion: z.int().optional(),
    correlationId: z.string().optional(),
    causationId: z.string().optional(),
    traceParent: z.string().optional(),
    data: z.unknown(),
    metadata: z.unknown(),
  })
  .meta({ id: 'Event' })

/** For the reference: an event as reads give it. */
export const storedEventExample = {
  id: 'added-1',
  source: '',
  streamId: 'cart-17',
  version: 1,
  type: 'ItemAdded',
  time: '2026-11-21T14:30:00.123456Z',
  recordedAt: '2026-11-21T14:30:00.123456Z',
  data: { sku: 'A-1', quantity: 2 },
  metadata: {},
}

/** For the reference: lines as they come. */
export const linesExample = (next: string | null): string =>
  `${JSON.stringify(storedEventExample)}\n${JSON.stringify({ next })}\n`

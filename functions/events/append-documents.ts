import { z } from 'zod'
import { BATCH, eventSchema, STRUCTURED } from '../../shared/event-form/index.ts'
import { timeSchema } from '../../shared/http/index.ts'
import { appendSchema } from './append-schemas.ts'

/** For the reference: a CloudEvent as it may be sent. `fromCloudEvents` is what judges it. */
const cloudEventSchema = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: z.string().min(1).describe('Unique within source; sending it again is safe.'),
    source: z.string().min(1).meta({ format: 'uri-reference' }),
    type: z.string().min(1),
    time: timeSchema.optional(),
    subject: z.string().min(1).optional(),
    datacontenttype: z.string().min(1).optional(),
    dataschema: z.string().min(1).optional().meta({ format: 'uri' }),
    data: z.unknown().optional().describe('Any JSON value; `data_base64` is refused.'),
  })
  .meta({
    id: 'CloudEvent',
    description:
      'CloudEvents 1.0, JSON format. Extensions have names of lower-case letters and digits; their values are strings, booleans or whole numbers of 32 bits. They are kept as metadata.',
  })

const cloudEventExample = {
  specversion: '1.0',
  id: 'order-17-placed',
  source: '/shop/orders',
  type: 'com.example.order.placed',
  time: '2026-11-21T14:30:00Z',
  datacontenttype: 'application/json',
  partner: 'acme',
  data: { amount: 12.5, currency: 'EUR' },
}

/** What each media type of an append looks like before it is brought into one form. */
export const documentedBodies = {
  'application/json': {
    schema: z.union([appendSchema, eventSchema]).meta({ id: 'AppendBody' }),
    example: { type: 'OrderPlaced', data: { amount: 12.5, currency: 'EUR' } },
  },
  [STRUCTURED]: { schema: cloudEventSchema, example: cloudEventExample },
  [BATCH]: {
    schema: z.array(cloudEventSchema),
    example: [
      { ...cloudEventExample, id: 'order-18-placed' },
      { ...cloudEventExample, id: 'order-18-paid', type: 'com.example.order.paid' },
    ],
  },
}

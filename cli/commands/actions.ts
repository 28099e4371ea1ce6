import { z } from 'zod'
import { operatorActionSchema } from '../../functions/operations/schemas.ts'
import { clientOptions, openClient } from '../client.ts'
import { defineCommand, integerOption } from '../frame/index.ts'
import { actionsTable } from '../operations/index.ts'

const pageSchema = z.object({ actions: z.array(operatorActionSchema), next: z.string().nullable() })

/** The largest page that the server allows. */
const PAGE_ACTIONS = 1000

export const command = defineCommand({
  name: 'actions',
  summary: 'List what operators did, the newest first.',
  usage: '[--limit N] [--after ID]',
  options: {
    limit: {
      type: 'string',
      default: '50',
      placeholder: 'N',
      description: 'as many (default 50, at most 1000)',
    },
    after: { type: 'string', placeholder: 'ID', description: 'go on after the last id of the list before' },
    ...clientOptions,
  },
  notes: `Each action was recorded together with what it changed. What was refused or failed is in the log of the app.
It takes an operator's token; for the local run one is made.`,
  run: async ({ values, home, print }) => {
    const { url, token, after } = values
    const limit = integerOption(values.limit, '--limit', { min: 1, max: PAGE_ACTIONS })
    const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) })
    const client = openClient({ home, url, token, roles: ['operator'] })
    const page = await client.json(`/api/operations/actions?${query.toString()}`, pageSchema)
    const more = page.next === null ? '' : `\nMore: npx --no -- trickle actions --after ${page.next}`
    print(page, `${actionsTable(page.actions)}${more}`)
  },
})

import type { options } from '../commands/actions.ts'
import { z } from 'zod'
import { operatorActionSchema } from '../../functions/operations/schemas.ts'
import { openClient } from '../client.ts'
import { integerOption, PROGRAM_NAME } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'
import { actionsTable } from '../operations/index.ts'

const pageSchema = z.object({ actions: z.array(operatorActionSchema), next: z.string().nullable() })

/** The largest page that the server allows. */
const PAGE_ACTIONS = 1000

export async function run({ values, home, print }: ContextOf<typeof options>): Promise<number | void> {
  const { url, token, insecure, after } = values
  const limit = integerOption(values.limit, '--limit', { min: 1, max: PAGE_ACTIONS })
  const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) })
  const client = openClient({ home, url, token, insecure, roles: ['operator'] })
  const page = await client.json(`/api/operations/actions?${query.toString()}`, pageSchema)
  const more = page.next === null ? '' : `\nMore: ${PROGRAM_NAME} actions --after ${page.next}`
  print(page, `${actionsTable(page.actions)}${more}`)
}

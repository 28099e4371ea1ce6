import { subcommands } from '../commands/seal-keys.ts'
import type { options } from '../commands/seal-keys.ts'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { sealKeySchema, sealKeysSchema } from '../../functions/operations/schemas.ts'
import { openClient } from '../client.ts'
import { missingArgument, renderTable, UsageError } from '../frame/index.ts'
import type { GroupContext } from '../frame/index.ts'

type SealKey = z.output<typeof sealKeySchema>

const PATH = '/api/operations/log/seal-keys'

export async function run({
  verb,
  values,
  positionals,
  home,
  print,
}: GroupContext<typeof subcommands, typeof options>): Promise<number | void> {
  const { url, token, insecure } = values
  const order = orderOf(verb, positionals, values)
  const client = openClient({ home, url, token, insecure, roles: ['operator'] })
  // With this key the server recognizes a repeated request, even if the answer to the first was lost.
  const headers = { 'idempotency-key': randomUUID() }
  if (order.verb === 'list') {
    const { keys } = await client.json(PATH, sealKeysSchema)
    print({ keys }, tableOf(keys))
  } else if (order.verb === 'add') {
    const key = await client.json(PATH, sealKeySchema, { json: { reason: order.reason }, headers })
    print(key, `Added ${key.id}; it seals from ${key.sealsFrom}`)
  } else {
    const path = `${PATH}/${encodeURIComponent(order.id)}/remove`
    const removed = await client.json(path, z.object({ removed: z.string() }), { method: 'POST', headers })
    print(removed, `Removed ${removed.removed}`)
  }
}

interface SealKeyOptions {
  readonly reason?: string | undefined
  readonly yes: boolean
}

type Order =
  | { readonly verb: 'list' }
  | { readonly verb: 'add'; readonly reason: string }
  | { readonly verb: 'remove'; readonly id: string }

/** @throws UsageError */
function orderOf(
  verb: keyof typeof subcommands,
  [id = '']: readonly string[],
  { reason, yes }: SealKeyOptions,
): Order {
  switch (verb) {
    case 'list':
      return { verb }
    case 'add':
      if (reason === undefined || reason === '')
        throw missingArgument(
          'seal-keys add',
          subcommands.add,
          '--reason TEXT: for those who read the list of keys later',
        )
      return { verb, reason }
    case 'remove':
      if (!yes) {
        throw new UsageError(
          'Every cursor that the key sealed ends: a client that holds one reads the feed again from its beginning. Say --yes to remove it.',
        )
      }
      return { verb, id }
  }
}

const tableOf = (keys: readonly SealKey[]): string =>
  renderTable(
    ['id', 'state', 'seals from', 'added', 'reason'],
    keys.map(({ id, state, sealsFrom, addedAt, reason }) => [id, state, sealsFrom, addedAt, reason]),
  )

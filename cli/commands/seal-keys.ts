import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { sealKeySchema, sealKeysSchema } from '../../functions/operations/schemas.ts'
import { clientOptions, openClient } from '../client.ts'
import { defineCommand, renderTable, UsageError } from '../frame/index.ts'

type SealKey = z.output<typeof sealKeySchema>

const PATH = '/api/operations/log/seal-keys'

const tableOf = (keys: readonly SealKey[]): string =>
  renderTable(
    ['id', 'state', 'seals from', 'added', 'reason'],
    keys.map(({ id, state, sealsFrom, addedAt, reason }) => [id, state, sealsFrom, addedAt, reason]),
  )

interface SealKeyOptions {
  readonly reason?: string | undefined
  readonly yes: boolean
}

type Order =
  | { readonly verb: 'list' }
  | { readonly verb: 'add'; readonly reason: string }
  | { readonly verb: 'remove'; readonly id: string }

/** @throws UsageError */
function orderOf([verb, id]: readonly string[], { reason, yes }: SealKeyOptions): Order {
  if (verb !== 'remove' && id !== undefined) throw new UsageError(`Unexpected argument: ${id}`)
  if (verb !== 'add' && reason !== undefined) throw new UsageError('--reason belongs to seal-keys add.')
  if (verb !== 'remove' && yes) throw new UsageError('--yes belongs to seal-keys remove.')
  switch (verb) {
    case 'list':
      return { verb }
    case 'add':
      if (reason === undefined || reason === '') throw new UsageError('add takes --reason TEXT.')
      return { verb, reason }
    case 'remove':
      if (id === undefined) throw new UsageError('Name the key: seal-keys remove ID')
      if (!yes) {
        throw new UsageError(
          'Every cursor that the key sealed ends: a client that holds one reads the feed again from its beginning. Say --yes to remove it.',
        )
      }
      return { verb, id }
    default:
      throw new UsageError(`seal-keys takes list, add, remove, not "${verb ?? ''}".`)
  }
}

export const command = defineCommand({
  name: 'seal-keys',
  summary: 'List, add and remove the keys that seal feed cursors and consistency tokens.',
  usage: 'list | add --reason TEXT | remove ID --yes',
  positionals: { min: 1, max: 2 },
  options: {
    reason: {
      type: 'string',
      placeholder: 'TEXT',
      description: 'for those who read the list of keys later (add)',
    },
    yes: { type: 'boolean', default: false, description: 'do it (remove)' },
    ...clientOptions,
  },
  notes: `It takes an operator's token; for the local run one is made. When to do what: docs/operations.md.`,
  run: async ({ values, positionals, home, print }) => {
    const { url, token, insecure } = values
    const order = orderOf(positionals, values)
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
  },
})

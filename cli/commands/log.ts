import { randomUUID } from 'node:crypto'
import { epochSchema, logStatusSchema } from '../../functions/operations/schemas.ts'
import { readTime } from '../../shared/time/index.ts'
import { clientOptions, openClient } from '../client.ts'
import { defineCommand, UsageError } from '../frame/index.ts'
import { epochLine, logText } from '../operations/index.ts'

/** Also accepts a space instead of the T, since `date` and most logs print it. */
function timeOf(text: string): string {
  const { utc, refusal } = readTime(text.replace(/^(\S{10}) /u, '$1T'))
  if (utc !== undefined) return utc
  throw new UsageError(`--restored-to "${text}" ${refusal ?? ''}.`)
}

interface EpochOptions {
  readonly reason?: string | undefined
  readonly from?: string | undefined
  readonly 'restored-to'?: string | undefined
  readonly yes: boolean
}

/** The request's content. @throws UsageError */
function newEpochOf({ reason, from, 'restored-to': restoredTo, yes }: EpochOptions) {
  if (reason === undefined || reason === '') throw new UsageError('new-epoch takes --reason TEXT.')
  if (from !== undefined && from !== 'beginning' && from !== 'end')
    throw new UsageError(`--from takes beginning or end, not "${from}".`)
  if (from !== undefined && restoredTo !== undefined)
    throw new UsageError('--from and --restored-to exclude each other.')
  const epoch = { reason, from, restoredTo: restoredTo === undefined ? undefined : timeOf(restoredTo) }
  if (!yes) {
    throw new UsageError(
      'A new epoch ends every cursor and consistency token that clients hold, and stops every subscription until resume-at. Say --yes to begin it.',
    )
  }
  return epoch
}

export const command = defineCommand({
  name: 'log',
  summary: 'See what holds the feed; begin a new epoch after a restore.',
  usage: 'status | new-epoch --reason TEXT [--restored-to TIME] [--from beginning|end] --yes',
  positionals: { min: 1, max: 1 },
  options: {
    reason: {
      type: 'string',
      placeholder: 'TEXT',
      description: 'for those who read the list of epochs (new-epoch)',
    },
    'restored-to': {
      type: 'string',
      placeholder: 'TIME',
      description: 'the time to which the database was restored, when events were appended since (new-epoch)',
    },
    from: {
      type: 'string',
      placeholder: 'POINT',
      description: 'end (default): what can be read now still holds; beginning: nothing does (new-epoch)',
    },
    yes: { type: 'boolean', default: false, description: 'do it (new-epoch)' },
    ...clientOptions,
  },
  notes: `It takes an operator's token; for the local run one is made. Step by step: docs/operations.md.`,
  run: async ({ values, positionals, home, print }) => {
    const [verb] = positionals
    const { url, token, insecure, reason, from, 'restored-to': restoredTo, yes } = values
    const open = () => openClient({ home, url, token, insecure, roles: ['operator'] })
    if (verb === 'status') {
      if ((reason ?? from ?? restoredTo) !== undefined || yes)
        throw new UsageError('--reason, --restored-to, --from and --yes belong to log new-epoch.')
      const status = await open().json('/api/operations/log', logStatusSchema)
      print(status, logText(status))
      return
    }
    if (verb !== 'new-epoch') throw new UsageError(`log takes status, new-epoch, not "${verb ?? ''}".`)
    const json = newEpochOf(values)
    const epoch = await open().json('/api/operations/log/epochs', epochSchema, {
      json,
      // With this key the server recognizes a repeated request, even if the answer to the first was lost.
      headers: { 'idempotency-key': randomUUID() },
    })
    print(
      epoch,
      `The log is in a new epoch: ${epochLine(epoch)}\nSubscriptions go on with: npx --no -- trickle subscriptions resume-at NAME --epoch-began`,
    )
  },
})

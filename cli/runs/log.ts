import { subcommands } from '../commands/log.ts'
import type { options } from '../commands/log.ts'
import { randomUUID } from 'node:crypto'
import { epochSchema, logStatusSchema } from '../../functions/operations/schemas.ts'
import { readTime } from '../../shared/time/index.ts'
import { openClient } from '../client.ts'
import { missingArgument, PROGRAM_NAME, UsageError } from '../frame/index.ts'
import type { GroupContext } from '../frame/index.ts'
import { epochLine, logText } from '../operations/index.ts'

export async function run({
  verb,
  values,
  home,
  print,
}: GroupContext<typeof subcommands, typeof options>): Promise<number | void> {
  const { url, token, insecure } = values
  const open = () => openClient({ home, url, token, insecure, roles: ['operator'] })
  if (verb === 'status') {
    const status = await open().json('/api/operations/log', logStatusSchema)
    print(status, logText(status))
    return
  }
  const json = newEpochOf(values)
  const epoch = await open().json('/api/operations/log/epochs', epochSchema, {
    json,
    // With this key the server recognizes a repeated request, even if the answer to the first was lost.
    headers: { 'idempotency-key': randomUUID() },
  })
  print(
    epoch,
    `The log is in a new epoch: ${epochLine(epoch)}\nSubscriptions go on with: ${PROGRAM_NAME} subscriptions resume-at NAME --epoch-began`,
  )
}

interface EpochOptions {
  readonly reason?: string | undefined
  readonly from?: string | undefined
  readonly 'restored-to'?: string | undefined
  readonly yes: boolean
}

/** The request's content. @throws UsageError */
function newEpochOf({ reason, from, 'restored-to': restoredTo, yes }: EpochOptions) {
  if (reason === undefined || reason === '')
    throw missingArgument(
      'log new-epoch',
      subcommands['new-epoch'],
      '--reason TEXT: for those who read the list of epochs',
    )
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

/** Also accepts a space instead of the T, since `date` and most logs print it. */
function timeOf(text: string): string {
  const { utc, refusal } = readTime(text.replace(/^(\S{10}) /u, '$1T'))
  if (utc !== undefined) return utc
  throw new UsageError(`--restored-to "${text}" ${refusal ?? ''}.`)
}

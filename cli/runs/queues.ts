import { subcommands } from '../commands/queues.ts'
import type { options } from '../commands/queues.ts'
import { writeFile } from 'node:fs/promises'
import {
  deadLetterPageSchema,
  parkedPageSchema,
  queuesSchema,
  repairedSchema,
  shownDeadLetterSchema,
  shownParkedSchema,
} from '../../functions/queues/schemas.ts'
import { openClient } from '../client.ts'
import type { Client } from '../client.ts'
import { readText } from '../events/index.ts'
import { integerOption, missingArgument, UsageError } from '../frame/index.ts'
import type { GroupContext } from '../frame/index.ts'
import {
  deadLettersTable,
  isAllDone,
  messageText,
  parkedTable,
  queuesText,
  repairText,
} from '../queues/index.ts'
import type { Repaired, ShownMessage } from '../queues/index.ts'

type Context = GroupContext<typeof subcommands, typeof options>
type Values = Context['values']

export async function run(context: Context): Promise<number | void> {
  const { verb, values, positionals, home, print } = context
  const [queue = '', id = ''] = positionals
  const { url, token, insecure } = values
  const open = (): Client => openClient({ home, url, token, insecure, roles: ['operator'] })
  if (verb === 'list') {
    const answer = await open().json('/api/operations/queues', queuesSchema)
    print(answer, queuesText(answer))
    return
  }
  const path = `/api/operations/queues/${encodeURIComponent(queue)}`
  if (verb === 'parked' || verb === 'dead-letters') return printList(context, open(), path)
  const place = `${path}/${values['dead-letters'] ? 'dead-letters' : 'parked'}`
  if (verb === 'show') {
    const message = await shown(open(), `${place}/${encodeURIComponent(id)}`, values['dead-letters'])
    if (values['body-to'] !== undefined) await writeBody(message, values['body-to'])
    print(message, messageText(message))
    return
  }
  const request = await requestOf(verb, id, values)
  const repaired = values.all
    ? await repairAll(open(), `${place}/${verb}`, request)
    : await open().json(`${place}/${encodeURIComponent(id)}/${verb}`, repairedSchema, post(request))
  if (repaired.next !== null) context.note(`There are more after ${repaired.next}: call it again.`)
  print(repaired, repairText(repaired))
  return isAllDone(repaired) ? 0 : 1
}

/** What the server allows in a page. */
const PARKED_PAGE_MAX = 1_000
const DEAD_LETTERS_PAGE_MAX = 250

async function printList({ verb, values, print }: Context, client: Client, path: string): Promise<void> {
  const isParked = verb === 'parked'
  const max = isParked ? PARKED_PAGE_MAX : DEAD_LETTERS_PAGE_MAX
  const query = new URLSearchParams({
    limit: String(integerOption(values.limit, '--limit', { min: 1, max })),
    ...given('after', values.after),
    ...given('reason', values.reason),
    ...(isParked ? { state: values.state, ...given('tenantId', values['tenant-id']) } : {}),
  })
  const address = `${path}/${verb}?${query.toString()}`
  if (isParked) {
    const page = await client.json(address, parkedPageSchema)
    print(page, `${parkedTable(page.messages)}${moreText(page.next)}`)
  } else {
    const page = await client.json(address, deadLetterPageSchema)
    print(page, `${deadLettersTable(page.messages)}${moreText(page.next)}`)
  }
}

const moreText = (next: string | null): string =>
  next === null ? '' : `\nMore: the same with --after ${next}`

const shown = (client: Client, path: string, isDeadLetter: boolean): Promise<ShownMessage> =>
  isDeadLetter ? client.json(path, shownDeadLetterSchema) : client.json(path, shownParkedSchema)

/** Never over a file that exists, and readable by its owner alone: it may hold what a tenant trusts us with. */
async function writeBody({ body, bodyEncoding }: ShownMessage, file: string): Promise<void> {
  try {
    const bytes = Buffer.from(body, bodyEncoding === 'utf-8' ? 'utf8' : 'base64')
    await writeFile(file, bytes, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw new UsageError(
      `The body can't be written: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** The request for one message, or for a range. @throws UsageError */
async function requestOf(verb: 'resubmit' | 'discard', id: string, values: Values): Promise<object> {
  const { all, reason, body, yes } = values
  const tenantId = values['tenant-id']
  const dryRun = values['dry-run']
  const command = `queues ${verb}`
  if (all && id !== '') throw new UsageError(`Unexpected argument: ${id}. --all names all of them.`)
  if (!all && id === '') {
    const [, { name, description }] = subcommands[verb].arguments
    throw missingArgument(command, subcommands[verb], `${name} or --all: ${description}`)
  }
  if (!all && (reason ?? tenantId) !== undefined)
    throw new UsageError('--reason and --tenant-id go with --all: an ID names one message.')
  if (tenantId !== undefined && values['dead-letters'])
    throw new UsageError(
      'Service Bus does not know the tenant of a dead letter: --tenant-id is for parked ones.',
    )
  if (all && body !== undefined) throw new UsageError('--body is for one message: name its ID.')
  if (verb === 'discard' && !yes && !dryRun)
    throw new UsageError(
      'A discarded message is given up for good. Look at it with --dry-run, and say --yes.',
    )
  return {
    dryRun,
    ...given('reason', reason),
    ...given('tenantId', tenantId),
    ...given('body', body === undefined ? undefined : await readText(body, 'No queue takes such a message.')),
  }
}

/** In calls of one page each, up to this many: with more, something else is wrong. */
const REPAIRED_MAX = 10_000

async function repairAll(client: Client, path: string, request: object): Promise<Repaired> {
  const messages: Repaired['messages'] = []
  let next: string | null = ''
  let dryRun = false
  while (next !== null && messages.length < REPAIRED_MAX) {
    const json: object = { ...request, ...given('after', next === '' ? undefined : next) }
    const page: Repaired = await client.json(path, repairedSchema, post(json))
    messages.push(...page.messages)
    next = page.next
    dryRun = page.dryRun
  }
  return { dryRun, messages, next }
}

const post = (json: object) => ({ method: 'POST', json }) as const

const given = (name: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [name]: value }

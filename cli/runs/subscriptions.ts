import { subcommands } from '../commands/subscriptions.ts'
import type { options } from '../commands/subscriptions.ts'
import { z } from 'zod'
import { parkedEventSchema, replayedSchema, subscriptionSchema } from '../../functions/operations/schemas.ts'
import { openClient } from '../client.ts'
import type { Client } from '../client.ts'
import { integerOption, missingArgument, UsageError } from '../frame/index.ts'
import type { GroupContext } from '../frame/index.ts'
import {
  parkedTable,
  replayedText,
  resumePointOf,
  subscriptionsTable,
  subscriptionText,
} from '../operations/index.ts'
import type { ParkedEvent } from '../operations/index.ts'

export async function run({
  verb,
  values,
  positionals,
  home,
  print,
  note,
}: GroupContext<typeof subcommands, typeof options>): Promise<number | void> {
  const [name = '', second = ''] = positionals
  if (verb === 'replay') refuseUnclearReplay(second, values.all)
  const body = bodyOf(verb, second, values)
  const { url, token, insecure } = values
  const client = openClient({ home, url, token, insecure, roles: ['operator'] })
  const path = `/api/operations/subscriptions/${encodeURIComponent(name)}`
  if (verb === 'list') {
    const schema = z.object({ subscriptions: z.array(subscriptionSchema) })
    const answer = await client.json('/api/operations/subscriptions', schema)
    print(answer, subscriptionsTable(answer.subscriptions))
  } else if (verb === 'parked') {
    const { events, isWhole } = await listParked(client, path)
    if (!isWhole) note(`There are more; these are the first ${events.length}.`)
    print({ events }, parkedTable(events))
  } else if (verb === 'replay' && values.all) {
    const { replayed, isWhole } = await replayAll(client, path)
    if (!isWhole) note('There are more: call it again.')
    print({ subscription: name, replayed, isWhole }, replayedText(replayed))
  } else if (verb === 'replay' || verb === 'skip') {
    await client.send(`${path}/parked/${encodeURIComponent(second)}/${verb}`, { method: 'POST' })
    const done = verb === 'replay' ? 'will be handled again by the next run' : 'is given up'
    print({ subscription: name, parkedId: second, done: verb }, `The event ${second} ${done}.`)
  } else {
    const request = verb === 'show' ? undefined : body
    const answer = await client.json(verb === 'show' ? path : `${path}/${verb}`, subscriptionSchema, request)
    print(answer, subscriptionText(answer))
  }
}

type Verb = keyof typeof subcommands

function refuseUnclearReplay(id: string, isForAll: boolean): void {
  if (isForAll && id !== '')
    throw new UsageError(`Unexpected argument: ${id}. --all names all parked events.`)
  if (isForAll || id !== '') return
  const [, { name, description }] = subcommands.replay.arguments
  throw missingArgument('subscriptions replay', subcommands.replay, `${name} or --all: ${description}`)
}

/** The largest group that the server allows. */
const MEMBERS_MAX = 16

interface Options {
  readonly yes: boolean
  readonly beginning: boolean
  readonly end: boolean
  readonly 'epoch-began': boolean
  readonly checkpoint?: string | undefined
}

/** The request for a verb that changes a subscription as a whole. @throws UsageError */
function bodyOf(verb: Verb, second: string, options: Options): { json?: unknown; method: 'POST' } {
  if (verb === 'resume-at') return { method: 'POST', json: resumePointOf(options) }
  if (verb === 'members') {
    return {
      method: 'POST',
      json: { members: integerOption(second, 'members', { min: 1, max: MEMBERS_MAX }) },
    }
  }
  if (verb === 'reset' && !options.yes) {
    throw new UsageError(
      'After a reset every event of the log is handled again. Say --yes to put it back to the beginning.',
    )
  }
  return { method: 'POST' }
}

type Replayed = z.output<typeof replayedSchema>

/** Marks all parked events, in calls of one page, and returns how many there were. Each is marked once. */
async function replayAll(client: Client, path: string): Promise<{ replayed: number; isWhole: boolean }> {
  let replayed = 0
  for (let after: string | null = ''; after !== null;) {
    if (replayed >= PARKED_MAX) return { replayed, isWhole: false }
    const json = { ...(after === '' ? {} : { after }), limit: PAGE_EVENTS }
    const answer: Replayed = await client.json(`${path}/parked/replay`, replayedSchema, {
      method: 'POST',
      json,
    })
    replayed += answer.replayed
    after = answer.next
  }
  return { replayed, isWhole: true }
}

const pageSchema = z.object({ events: z.array(parkedEventSchema), next: z.string().nullable() })
type Page = z.output<typeof pageSchema>

/** The largest page that the server allows. */
const PAGE_EVENTS = 1000

/** More than a person can look through. --json has the same limit: with more parked events, something else is wrong. */
const PARKED_MAX = 10_000

async function listParked(
  client: Client,
  path: string,
): Promise<{ events: ParkedEvent[]; isWhole: boolean }> {
  const events: ParkedEvent[] = []
  for (let after: string | null = ''; after !== null;) {
    if (events.length >= PARKED_MAX) return { events, isWhole: false }
    const query = new URLSearchParams({ ...(after === '' ? {} : { after }), limit: String(PAGE_EVENTS) })
    const page: Page = await client.json(`${path}/parked?${query.toString()}`, pageSchema)
    events.push(...page.events)
    after = page.next
  }
  return { events, isWhole: true }
}

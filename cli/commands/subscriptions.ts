import { z } from 'zod'
import { parkedEventSchema, subscriptionSchema } from '../../functions/operations/schemas.ts'
import { clientOptions, openClient } from '../client.ts'
import type { Client } from '../client.ts'
import { defineCommand, integerOption, UsageError } from '../frame/index.ts'
import { parkedTable, resumePointOf, subscriptionsTable, subscriptionText } from '../operations/index.ts'
import type { ParkedEvent } from '../operations/index.ts'

/** How many words follow each verb. */
const verbs = {
  list: 0,
  show: 1,
  pause: 1,
  resume: 1,
  reset: 1,
  'resume-at': 1,
  members: 2,
  parked: 1,
  replay: 2,
  skip: 2,
} as const
type Verb = keyof typeof verbs

/** What the word after NAME is called, for verbs that take one. */
const secondWords: Readonly<Partial<Record<Verb, string>>> = { members: 'N', replay: 'ID', skip: 'ID' }

function wordsOf(words: readonly string[]): { verb: Verb; name: string; second: string } {
  const [first = '', name = '', second = ''] = words
  const verb = (Object.keys(verbs) as Verb[]).find((candidate) => candidate === first)
  if (!verb) throw new UsageError(`subscriptions takes ${Object.keys(verbs).join(', ')}, not "${first}".`)
  const extra = words[1 + verbs[verb]]
  if (extra !== undefined) throw new UsageError(`Unexpected argument: ${extra}`)
  if (words.length < 1 + verbs[verb]) {
    const expected = [verb, 'NAME', secondWords[verb]].filter((word) => word !== undefined)
    throw new UsageError(`An argument is missing: subscriptions ${expected.join(' ')}`)
  }
  return { verb, name, second }
}

/** The largest group that the server allows. */
const MEMBERS_MAX = 16

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

function refuseStrayOptions(
  verb: Verb,
  { beginning, end, 'epoch-began': began, checkpoint, yes }: Options,
): void {
  if (verb !== 'resume-at' && (beginning || end || began || checkpoint !== undefined))
    throw new UsageError('--beginning, --end, --epoch-began and --checkpoint belong to resume-at.')
  if (verb !== 'reset' && yes) throw new UsageError('--yes belongs to reset.')
}

export const command = defineCommand({
  name: 'subscriptions',
  summary: 'See how far subscriptions have come; pause, mend and resize them.',
  usage:
    'list | show NAME | pause NAME | resume NAME | reset NAME --yes | resume-at NAME POINT | members NAME N | parked NAME | replay NAME ID | skip NAME ID',
  positionals: { min: 1, max: 3 },
  options: {
    beginning: { type: 'boolean', default: false, description: 'from the first event (resume-at)' },
    end: {
      type: 'boolean',
      default: false,
      description: 'from what comes now; the rest is left out (resume-at)',
    },
    'epoch-began': {
      type: 'boolean',
      default: false,
      description: 'from where the epoch of the log began, or earlier if it was behind (resume-at)',
    },
    checkpoint: {
      type: 'string',
      placeholder: 'XID:POSITION',
      description: 'from the event after this point, as show prints it (resume-at)',
    },
    yes: { type: 'boolean', default: false, description: 'do it (reset)' },
    ...clientOptions,
  },
  notes: `POINT is --epoch-began, --beginning, --end or --checkpoint XID:POSITION. reset and resume-at want a
subscription that is paused or stopped. ID is the id that parked prints: replay handles the event again, skip gives it up.
It takes an operator's token; for the local run one is made. Step by step: docs/operations.md.`,
  run: async ({ values, positionals, home, print, note }) => {
    const { verb, name, second } = wordsOf(positionals)
    refuseStrayOptions(verb, values)
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
    } else if (verb === 'replay' || verb === 'skip') {
      await client.send(`${path}/parked/${encodeURIComponent(second)}/${verb}`, { method: 'POST' })
      const done = verb === 'replay' ? 'will be handled again by the next run' : 'is given up'
      print({ subscription: name, parkedId: second, done: verb }, `The event ${second} ${done}.`)
    } else {
      const request = verb === 'show' ? undefined : body
      const answer = await client.json(
        verb === 'show' ? path : `${path}/${verb}`,
        subscriptionSchema,
        request,
      )
      print(answer, subscriptionText(answer))
    }
  },
})

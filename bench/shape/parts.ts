import type { Part, PartContext } from '../command/index.ts'
import {
  alternate,
  countOf,
  figureOf,
  runLoad,
  type Count,
  type Figure,
  type Sample,
  type Watched,
} from '../measure/index.ts'
import type { PartResult } from '../report/index.ts'
import { serverFacts } from '../sections/server-facts.ts'
import { startBenchServer, type BenchServer } from '../stage/index.ts'
import { EVENTS_PER_READ, openForm, type Form } from './form.ts'
import type { ShapeOptions } from './options.ts'
import { chosen, variants, type PartName, type Variant } from './variants.ts'

const CALLERS = 8

/** Enough that transactions are shared. */
const CALLERS_COALESCED = 32

export const parts: Readonly<Record<PartName, Part<ShapeOptions>>> = {
  partitions: (context) => compareForms(context, 'partitions'),
  indexes: (context) => compareForms(context, 'indexes'),
  heads: (context) => compareForms(context, 'heads'),
}

/** Appends and reads on the chosen form and on each variant, on one server; each variant in turns with the chosen form. */
async function compareForms(context: PartContext<ShapeOptions>, section: PartName): Promise<PartResult> {
  const { options, cleanup, note } = context
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  const open = async (variant: Variant, index: number): Promise<Form> => {
    note(`${section}: ${variant.name}, ${options.events} events`)
    return openForm(context, server, variant, index)
  }
  const baseline = await open(chosen, 0)
  const pairs: Pair[] = []
  for (const [index, variant] of variants[section].entries()) {
    pairs.push({ variant, candidate: await open(variant, index + 1), baseline })
  }
  const figures: Figure[] = []
  for (const way of [...options.modes, 'coalesced' as const]) {
    const callers = way === 'coalesced' ? CALLERS_COALESCED : CALLERS
    const name = `append of 1 event, ${callers} callers, ${way}`
    note(name)
    for (const pair of pairs) {
      const samples = await measure(context, server, pair, callers, (form) => form.append(way))
      const facts = { section, candidate: pair.variant.name, baseline: chosen.name }
      figures.push(
        figureOf({ ...facts, name: `${name}: ${pair.variant.name}`, unit: 'events/s' }, ...samples),
        ...costOf(facts, `server CPU of an append, ${way}: ${pair.variant.name}`, pair.variant, samples),
      )
    }
  }
  if (section !== 'heads') figures.push(...(await compareReads(context, server, section, pairs)))
  return {
    figures,
    counts:
      section === 'heads' ? await hotShares(section, [baseline, ...pairs.map((pair) => pair.candidate)]) : [],
    notes: [
      `forms of the log are databases of one server, ${options.events} events in each; the baseline is the form that the migrations give`,
      'a GIN index gathers new rows in a list first (fastupdate); turning the list over falls into some turns and not into others',
    ],
    skipped: [],
    postgres: await serverFacts(server.adminUrl),
  }
}

interface Pair {
  readonly variant: Variant
  readonly candidate: Form
  readonly baseline: Form
}

const reads: Readonly<Record<string, (form: Form) => Promise<unknown>>> = {
  'stream read': (form) => form.readStream(),
  "a tenant's feed": (form) => form.readTenantFeed(),
  'feed of all tenants': (form) => form.readAllTenantsFeed(),
}

async function compareReads(
  context: PartContext<ShapeOptions>,
  server: BenchServer,
  section: string,
  pairs: readonly Pair[],
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [kind, work] of Object.entries(reads)) {
    const name = `${kind}, ${EVENTS_PER_READ} events, ${CALLERS} callers`
    context.note(name)
    for (const pair of pairs) {
      const samples = await measure(context, server, pair, CALLERS, work)
      const facts = { section, candidate: pair.variant.name, baseline: chosen.name, unit: 'reads/s' }
      figures.push(figureOf({ ...facts, name: `${name}: ${pair.variant.name}` }, ...samples))
    }
  }
  return figures
}

type PairSamples = readonly [candidate: Sample[], baseline: Sample[]]

async function measure(
  { options }: PartContext<ShapeOptions>,
  server: BenchServer,
  { candidate, baseline }: Pair,
  callers: number,
  work: (form: Form) => Promise<unknown>,
): Promise<PairSamples> {
  const watched: Record<string, Watched> = {
    client: { kind: 'self' },
    server: { kind: 'family', pid: server.pid },
  }
  const load = { concurrency: callers, durationMs: options.turnMs, watched }
  const samples = await alternate(
    {
      candidate: () => runLoad(() => work(candidate), load),
      baseline: () => runLoad(() => work(baseline), load),
    },
    options.rounds,
  )
  return [samples.candidate, samples.baseline]
}

/** The same turns by what an append took of the server's CPU, which other load disturbs less than the rate. */
function costOf(
  facts: { readonly section: string; readonly candidate: string; readonly baseline: string },
  name: string,
  { costMax }: Variant,
  [candidate, baseline]: PairSamples,
): Figure[] {
  const [ours, theirs] = [cpuOf(candidate), cpuOf(baseline)]
  if (ours === null || theirs === null) return []
  const target = costMax === undefined ? undefined : ({ comparison: 'at-most', value: costMax } as const)
  return [figureOf({ ...facts, name, unit: 'us', target }, ours, theirs)]
}

/** Null where the system does not tell, or a turn was too short for its clock. */
function cpuOf(samples: readonly Sample[]): Sample[] | null {
  const micros = samples.map((sample) => sample.cpuMicros['server'] ?? 0)
  return micros.includes(0) ? null : micros.map((value) => ({ value, cpuMicros: {} }))
}

async function hotShares(section: string, forms: readonly Form[]): Promise<Count[]> {
  const counts: Count[] = []
  for (const form of forms) {
    const value = await form.endWithHotShare()
    counts.push(
      countOf({ section, name: `head updates that touch no index, ${form.name}`, value, unit: 'of all' }),
    )
  }
  return counts
}

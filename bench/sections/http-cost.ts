import type { EventStore } from '../../shared/event-store/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { figureOf, runLoad } from '../measure/index.ts'
import type { Figure, Sample } from '../measure/index.ts'
import { makeEvent } from '../stage/index.ts'
import { targets } from './section.ts'

/** As many as the requests over HTTP go to. */
const STREAMS = 5_000

/** A turn of appends by the store alone, in this process: what the host pays for the store within its own. */
export function appendDirectly(
  store: EventStore,
  [tenant]: readonly TenantContext[],
  load: { readonly concurrency: number; readonly durationMs: number },
): Promise<Sample> {
  if (tenant === undefined) throw new RangeError('there are no tenants')
  let number = 0
  const append = (): Promise<unknown> => {
    number += 1
    return store.append(tenant, {
      streamId: `direct-${number % STREAMS}`,
      expected: { mode: 'any' },
      events: [makeEvent(number)],
    })
  }
  return runLoad(append, { ...load, watched: { client: { kind: 'self' } } })
}

interface CostFacts {
  readonly name: string
  /** The targets are those of the platform's number of requests at once. */
  readonly isTargeted: boolean
}

/**
 * CPU of the host for one request. With the store's turns: what the request costs above the trivial route, over the
 * store's own client CPU. Without them: over the trivial route. None where the system does not report CPU time.
 */
export function costFigures(
  { name, isTargeted }: CostFacts,
  samples: Readonly<Record<string, readonly Sample[]>>,
): Figure[] {
  const ours = microsOf(samples['ours'], 'host')
  const trivial = microsOf(samples['trivial'], 'host')
  if (ours === null || trivial === null) return []
  const facts = { section: 'http', unit: 'us' }
  const idle = idleFigures({ name, isTargeted }, samples, trivial)
  const store = samples['store'] === undefined ? undefined : microsOf(samples['store'], 'client')
  if (store === null) return []
  if (store === undefined) {
    const read = {
      ...facts,
      name: `CPU of the host, ${name}`,
      candidate: 'the request',
      baseline: 'the trivial route',
    }
    return [
      ...idle,
      figureOf({ ...read, target: isTargeted ? targets.httpRead : undefined }, valued(ours), valued(trivial)),
    ]
  }
  const added = ours.map((micros, round) => Math.max(1, micros - (trivial[round] ?? 0)))
  const append = {
    ...facts,
    name: `CPU of the host above the trivial route, ${name}`,
    candidate: 'the request less the trivial route',
    baseline: "the store's own client CPU",
  }
  return [
    ...idle,
    figureOf(
      { ...append, target: isTargeted ? targets.httpAppend : undefined },
      valued(added),
      valued(store),
    ),
  ]
}

/** What the kernel's route without work takes beside a bare server, and beside a route of the library. */
function idleFigures(
  { name, isTargeted }: CostFacts,
  samples: Readonly<Record<string, readonly Sample[]>>,
  trivial: readonly number[],
): Figure[] {
  const others = [
    { arm: 'bare', baseline: 'a bare node:http server behind the same front', target: targets.httpDoor },
    { arm: 'library', baseline: 'a route of the library without work', target: undefined },
  ]
  return others.flatMap(({ arm, baseline, target }) => {
    const micros = microsOf(samples[arm], 'host')
    if (micros === null) return []
    const facts = {
      section: 'http',
      unit: 'us',
      name: `CPU of the host without work, as for ${name}, over ${arm}`,
      candidate: "a route of the kernel's without work",
      baseline,
      target: isTargeted ? target : undefined,
    }
    return [figureOf(facts, valued(trivial), valued(micros))]
  })
}

function microsOf(samples: readonly Sample[] | undefined, process: string): number[] | null {
  const micros = (samples ?? []).map(({ cpuMicros }) => cpuMicros[process] ?? 0)
  return micros.includes(0) ? null : micros
}

const valued = (micros: readonly number[]): Sample[] => micros.map((value) => ({ value, cpuMicros: {} }))

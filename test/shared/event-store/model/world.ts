import { expect } from 'vitest'
import type {
  AppendAllRequest,
  AppendRequest,
  AppendResult,
  EventStore,
  FeedPage,
} from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { viewsOf } from '../support.ts'
import type { EventView } from '../support.ts'

/** An append that was sent, to be sent again. */
export type SentAppend =
  | { readonly kind: 'one'; readonly tenant: number; readonly request: AppendRequest }
  | { readonly kind: 'several'; readonly tenant: number; readonly request: AppendAllRequest }

/** One of the two stores, and what was learned from it: its tokens and times are its own. */
export interface Side {
  readonly store: EventStore
  readonly tenants: readonly TenantContext[]
  readonly setTenantStatus: (tenant: TenantContext, status: 'active' | 'suspended') => Promise<void>
  /** The n-th token of one side stands for the same point as the n-th of the other. */
  readonly tokens: { readonly tenant: number; readonly token: string }[]
  readonly sent: SentAppend[]
  /** How often each answer and each refusal came, so that a run which meets too few of them is told. */
  readonly seen: Map<string, number>
}

export function tenantOf({ tenants }: Side, index: number): TenantContext {
  const tenant = tenants[index]
  if (tenant === undefined) throw new Error(`there is no tenant ${index}`)
  return tenant
}

/** An answer or a refusal, in which what is each store's own is masked. */
export type Outcome = { readonly answer: unknown } | { readonly refusal: unknown }

export async function outcomeOf<T>(
  { seen }: Side,
  work: Promise<T>,
  mask: (answer: T) => unknown,
): Promise<Outcome> {
  const count = (what: string): unknown => seen.set(what, (seen.get(what) ?? 0) + 1)
  try {
    const answer = await work
    const { replayed, replayedByKey } = (answer ?? {}) as Partial<Replay>
    if (replayed === false) count('appended')
    if (replayed === true) count(replayedByKey === true ? 'replayed by key' : 'replayed by ids')
    return { answer: mask(answer) }
  } catch (error) {
    const { code, status, extensions, headers, errors } = error as Record<string, unknown>
    if (typeof code !== 'string') throw error
    count(code)
    return { refusal: { code, status, extensions, headers, errors } }
  }
}

type Replay = Pick<AppendResult, 'replayed' | 'replayedByKey'>

export function expectSame(actual: unknown, expected: unknown): void {
  expect(actual).toEqual(expected)
}

/** The texts themselves are compared too, from `data` on: what comes before holds times and made ids. */
export const maskEvents = (texts: readonly string[]): unknown =>
  viewsOf(texts).map((event, index) => ({
    ...(maskEvent(event) as object),
    tail: texts[index]?.slice(texts[index].indexOf(',"data":')),
  }))

const maskEvent = (event: EventView): unknown => ({
  ...event,
  id: maskId(event.id),
  time: event.time === event.recordedAt ? 'recorded' : event.time,
  recordedAt: 'recorded',
})

/** Ids that the store made are its own. Those of the test are short. */
const maskId = (id: string): string => (id.length === 36 ? 'made' : id)

interface Written {
  readonly events: readonly { readonly id: string; readonly version: number }[]
}
export const maskWritten = (written: Written): unknown => ({
  ...written,
  consistencyToken: undefined,
  events: written.events.map(({ id, version }) => ({ id: maskId(id), version })),
})

export const maskPage = (page: FeedPage): unknown => ({ events: maskEvents(page.events) })

import { TrickleError } from '../../../shared/errors/index.ts'
import { createKernel } from '../../../shared/http/index.ts'
import type { Route } from '../../../shared/http/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import type {
  MemberStatus,
  ParkedEvent,
  ResumePoint,
  SubscriptionStatus,
} from '../../../shared/subscriptions/index.ts'
import type { OperationServices } from '../../../functions/operations/services.ts'
import { authenticate, call } from '../../shared/http/harness.ts'
import type { Answer } from '../../shared/http/harness.ts'

type Operations = OperationServices['subscriptionOperations']

export const member = (overrides: Partial<MemberStatus> = {}): MemberStatus => ({
  member: 0,
  checkpoint: { xid: '18446744073709551615', position: '7' },
  leaseUntil: null,
  failures: 0,
  retryAt: null,
  error: null,
  lagEvents: 3,
  lagSeconds: 1.5,
  ...overrides,
})

export const subscription = (overrides: Partial<SubscriptionStatus> = {}): SubscriptionStatus => ({
  name: 'orders',
  state: 'running',
  error: null,
  epoch: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
  epochIsCurrent: true,
  members: [member()],
  targetMembers: null,
  lagEvents: 3,
  lagIsLowerBound: false,
  lagSeconds: 1.5,
  parkedEvents: 1,
  blockedStreams: 1,
  laggingTenants: 0,
  ...overrides,
})

export const parkedEvent = (parkedId: string): ParkedEvent => ({
  parkedId,
  tenantId: '6ba7b810-9dad-41d1-80b4-00c04fd430c9',
  streamId: 's',
  version: 4,
  eventId: 'e',
  source: '',
  type: 'Noted',
  attempts: 5,
  error: 'no such account',
  state: 'parked',
  parkedAt: '2026-11-21T12:00:00Z',
})

/** One subscription, `orders`, kept in memory; every call is noted. */
export class RecordedOperations implements Operations {
  readonly calls: unknown[][] = []
  status = subscription()

  #known(name: string, ...call: unknown[]): SubscriptionStatus {
    this.calls.push([...call, name])
    if (name !== this.status.name) throw new TrickleError('SUBSCRIPTION_NOT_FOUND', `There is no ${name}.`)
    return this.status
  }

  #change(
    name: string,
    call: unknown[],
    change: Partial<SubscriptionStatus>,
    needsRest = true,
  ): SubscriptionStatus {
    const { state } = this.#known(name, ...call)
    if (needsRest && state === 'running')
      throw new TrickleError('SUBSCRIPTION_STATE_CONFLICT', `${name} runs.`)
    this.status = { ...this.status, ...change }
    return this.status
  }

  async list(): Promise<SubscriptionStatus[]> {
    return Promise.resolve([this.status])
  }
  async get(name: string): Promise<SubscriptionStatus> {
    return Promise.resolve(this.#known(name, 'get'))
  }
  async pause(name: string): Promise<SubscriptionStatus> {
    return Promise.resolve(this.#change(name, ['pause'], { state: 'paused' }, false))
  }
  async resume(name: string): Promise<SubscriptionStatus> {
    return Promise.resolve(this.#change(name, ['resume'], { state: 'running' }, false))
  }
  async reset(name: string): Promise<SubscriptionStatus> {
    return Promise.resolve(this.#change(name, ['reset'], {}))
  }
  async resumeAt(name: string, at: ResumePoint): Promise<SubscriptionStatus> {
    return Promise.resolve(this.#change(name, ['resumeAt', at], { state: 'running' }))
  }
  async resize(name: string, members: number): Promise<SubscriptionStatus> {
    return Promise.resolve(this.#change(name, ['resize', members], { targetMembers: members }, false))
  }
  async parked(name: string, query: { after?: string; limit: number }) {
    this.#known(name, 'parked', query)
    const events = query.after === undefined ? [parkedEvent('41')] : []
    return Promise.resolve({ events, next: events.at(-1)?.parkedId ?? null })
  }
  async replay(name: string, parkedId: string): Promise<void> {
    await this.#parked(name, 'replay', parkedId)
  }
  async skip(name: string, parkedId: string): Promise<void> {
    await this.#parked(name, 'skip', parkedId)
  }
  async replayAll(name: string, query: { after?: string; limit: number }) {
    this.#known(name, 'replayAll', query)
    const isFirst = query.after === undefined
    return Promise.resolve({ replayed: isFirst ? query.limit : 1, next: isFirst ? '41' : null })
  }
  async #parked(name: string, verb: string, parkedId: string): Promise<void> {
    this.#known(name, verb, parkedId)
    if (parkedId !== '41') throw new TrickleError('PARKED_EVENT_NOT_FOUND', `There is no ${parkedId}.`)
    return Promise.resolve()
  }
}

export interface RequestOptions {
  readonly params?: Record<string, string>
  readonly json?: unknown
  readonly query?: string
  readonly headers?: Record<string, string>
  /** Of the token; null sends none. */
  readonly roles?: string | null
}

/** A kernel all of whose callers are operators; replies are held against the definitions. */
export const operatorKernel = () =>
  createKernel<TenantContext>({
    authenticate,
    resolveCaller: ({ issuer, subject, application, roles }) =>
      Promise.resolve({ kind: 'operator', issuer, subject, application, roles }),
    logger: { info: () => {}, error: () => {}, warn: () => {} },
    verifyResponses: true,
  })

/** Calls routes by their names, as an operator unless told otherwise; replies are held against the definitions. */
export function callerOf(routes: readonly Route<TenantContext>[]) {
  const kernel = operatorKernel()
  return async (name: string, options: RequestOptions = {}): Promise<Answer> => {
    const { params = {}, json, query = '', headers = {}, roles = 'operator' } = options
    const route = routes.find((candidate) => candidate.name === name)
    if (route === undefined) throw new Error(`there is no route ${name}`)
    return call(kernel, route, {
      params,
      path: `${route.path}${query}`,
      headers: {
        ...(roles === null ? {} : { authorization: `Bearer ${roles}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
  }
}

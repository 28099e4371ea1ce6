import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import type { TokenTools } from '../tokens/token-tools.ts'

/** One form of the event store, opened for one file of tests. */
export interface OpenStore {
  readonly store: EventStore
  /** Of its tokens. */
  readonly tools: TokenTools
  /** A tenant that is not there yet. */
  tenant(slug: string): Promise<TenantContext>
  setTenantStatus(tenant: TenantContext, status: 'active' | 'suspended'): Promise<void>
  close(): Promise<void>
}

export type Fixture = () => Promise<OpenStore>

/** What a suite works with; there from the first `beforeAll` on. */
export interface Subject {
  readonly store: EventStore
  readonly tools: TokenTools
  /** A tenant of its own for each caller. */
  tenant(): Promise<TenantContext>
  setTenantStatus: OpenStore['setTenantStatus']
}

/** A behaviour that every store has. It registers tests; it must not know which store it is given. */
export type Suite = (subject: Subject) => void

/** Opens the store before the tests of the calling `describe` and closes it after them. */
export function openSubject(fixture: Fixture): Subject {
  let open: OpenStore | undefined
  beforeAll(async () => {
    open = await fixture()
  })
  afterAll(() => open?.close())
  const opened = (): OpenStore => {
    if (open === undefined) throw new Error('the store is opened by beforeAll')
    return open
  }
  return {
    get store() {
      return opened().store
    },
    get tools() {
      return opened().tools
    },
    tenant: () => opened().tenant(`t-${randomUUID()}`),
    setTenantStatus: (tenant, status) => opened().setTenantStatus(tenant, status),
  }
}

/** A tenant that the tests of one `describe` share. */
export function sharedTenant(subject: Subject): () => TenantContext {
  let tenant: TenantContext | undefined
  beforeAll(async () => {
    tenant = await subject.tenant()
  })
  return () => {
    if (tenant === undefined) throw new Error('the tenant is made by beforeAll')
    return tenant
  }
}

/** A stream id that nobody has used. */
export const freshStream = (): string => `s-${randomUUID()}`

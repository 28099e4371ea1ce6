import { EVENT_TYPES } from '../plan/index.ts'
import type { ReaderPlan } from './messages.ts'

const all = { tenant: null, types: null, isOfMember: false }
const one = { connections: 1, restarts: false }

/** Nine readers that read in different ways. Together they cover all feeds, all page sizes and all interruptions. */
export const readerPlans: readonly ReaderPlan[] = [
  { ...one, name: 'all tenants, small pages', scope: all, pageMax: 50 },
  { ...one, name: 'all tenants, large pages', scope: all, pageMax: 1_000 },
  { ...one, name: 'all tenants, restarting', scope: all, pageMax: 300, restarts: true },
  { ...one, name: 'all tenants, four connections', scope: all, pageMax: 300, connections: 4 },
  { ...one, name: 'tenant 0, small pages', scope: { ...all, tenant: 0 }, pageMax: 50 },
  { ...one, name: 'tenant 1, large pages', scope: { ...all, tenant: 1 }, pageMax: 1_000 },
  { ...one, name: 'tenant 2, restarting', scope: { ...all, tenant: 2 }, pageMax: 300, restarts: true },
  {
    ...one,
    name: 'tenant 3, two of four types, three connections',
    scope: { ...all, tenant: 3, types: EVENT_TYPES.slice(0, 2) },
    pageMax: 300,
    connections: 3,
  },
  {
    ...one,
    name: 'one of two members, restarting',
    scope: { ...all, isOfMember: true },
    pageMax: 300,
    restarts: true,
  },
]

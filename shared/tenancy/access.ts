import type { TableAccess } from '../postgres/index.ts'

export const tenancyAccess: TableAccess = {
  'trickle_tenants_state.tenants': {
    trickle_app: { select: 'own' },
    trickle_operator: { select: 'all', update: 'all' },
    trickle_migrator: { select: 'all', insert: 'all', update: 'all' },
  },
  'trickle_tenants_state.tenant_names': {
    trickle_migrator: { select: 'all', insert: 'all', update: 'all', delete: 'kept' },
  },
}

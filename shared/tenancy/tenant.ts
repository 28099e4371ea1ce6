import type { TenantRow } from './statements.ts'

export interface Tenant extends Omit<TenantRow, 'tenantId'> {
  readonly id: string
}

export const tenantOfRow = ({ tenantId, ...tenant }: TenantRow): Tenant => ({ id: tenantId, ...tenant })

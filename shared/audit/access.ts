import type { TableAccess } from '../postgres/index.ts'

export const auditAccess: TableAccess = {
  // The operator may add rows, by the columns that are its to write and not by a whole row: see test/shared/audit.
  'trickle_operations_audit.actions': { trickle_operator: { select: 'all' } },
}

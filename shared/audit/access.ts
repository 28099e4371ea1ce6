import type { TableAccess } from '../postgres/index.ts'

export const auditAccess: TableAccess = {
  // The operator may also insert rows, but only into the columns that it is granted. Only rights on whole tables are
  // listed here; test/shared/audit checks the right to insert.
  'trickle_operations_audit.actions': { trickle_operator: { select: 'all' } },
}

import type { TableAccess } from '../postgres/index.ts'

export const receiptsAccess: TableAccess = {
  'trickle_commands_log.receipts': {
    trickle_app: { select: 'own' },
    trickle_worker: { select: 'own' },
    trickle_operator: { select: 'platform', insert: 'platform' },
    trickle_migrator: { select: 'own', insert: 'own' },
  },
}

import type { SettingsOf } from '../../shared/context/index.ts'
import { queueTenantsSetting } from '../../shared/messages/index.ts'

export const commandSettings = {
  TRICKLE_COMMANDS_QUEUE_TENANTS: queueTenantsSetting('trickle-commands'),
}

export type CommandSettings = SettingsOf<typeof commandSettings>

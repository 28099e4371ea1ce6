import type { MadeBy } from '../../shared/context/index.ts'
import { MessageParking, UncertainAttempts } from '../../shared/messages/index.ts'
import type { Platform } from '../platform.ts'
import type { CommandSettings } from './settings.ts'

export const commandServices = (platform: Platform, settings: CommandSettings) => ({
  settings: () => settings,
  /** The commands of all contexts, by their types. */
  commands: () => new Map(platform.commands.map((command) => [command.type, command])),
  tenants: () => platform.workerTenantsBy('any'),
  database: () => platform.databases.worker,
  parking: () => new MessageParking(platform.databases.worker),
  attempts: () => new UncertainAttempts(),
})

export type CommandServices = MadeBy<ReturnType<typeof commandServices>>

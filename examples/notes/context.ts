/**
 * Notes of tenants, each with a title and a body: a table, its routes and a command, an event for each change, and a count
 * of them.
 */
import { defineContext } from '../../functions/define-context.ts'
import { noteAccess } from './access.ts'
import { noteCommands } from './commands.ts'
import { countNotes } from './count-projection.ts'
import { noteErrors } from './errors.ts'
import { noteRoutes } from './routes.ts'
import { noteServices } from './services.ts'
import { noteSettings } from './settings.ts'

export const notes = defineContext({
  name: 'notes',
  settings: noteSettings,
  errors: noteErrors,
  tags: { Notes: 'Notes of a tenant, each with a title and a body.' },
  access: noteAccess,
  services: noteServices,
  routes: noteRoutes,
  commands: noteCommands,
  subscriptions: () => [countNotes()],
})

/**
 * Commands that come by the queue `trickle-commands`: each goes to the context that has declared its type. What a command
 * does is the business of that context.
 */
import { defineContext } from '../define-context.ts'
import { commandErrors } from './errors.ts'
import { commandQueues } from './queues.ts'
import { commandServices } from './services.ts'
import { commandSettings } from './settings.ts'

export const commands = defineContext({
  name: 'commands',
  settings: commandSettings,
  errors: commandErrors,
  services: commandServices,
  queues: commandQueues,
})

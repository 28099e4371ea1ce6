import { defineErrors } from '../../shared/errors/index.ts'

export const commandErrors = defineErrors({
  COMMAND_UNKNOWN: { status: 404, title: 'No context handles a command of this type' },
})

import { defineCommand } from '../../functions/define-context.ts'
import { writeNoteSchema } from './schemas.ts'
import type { NoteServices } from './services.ts'

/** What may come by the queue `trickle-commands`. */
export const noteCommands = (services: () => NoteServices) => [
  defineCommand({
    type: 'note.write',
    schema: writeNoteSchema,
    // `options` has the command's receipt: a command that is delivered again finds the first write and does nothing.
    handler: ({ data: { noteId, ...content } }, { tenant, options }) =>
      services().workerNotes.write(tenant, noteId, content, options),
  }),
]

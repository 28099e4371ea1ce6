import { z } from 'zod'

/** The highest value that the setting allows. In UTF-8 it is still far below the limit of an event. */
const BODY_CHARACTERS_MAX = 100_000

export const newNoteSchema = z
  .strictObject({
    title: z.string().min(1).max(200).describe('Each title is one of a kind in the tenant.'),
    body: z.string().max(BODY_CHARACTERS_MAX),
  })
  .meta({ id: 'NewNote' })

/** The data of the command note.write: who sends it chooses the id, so that it can write the same note again. */
export const writeNoteSchema = newNoteSchema.extend({ noteId: z.uuid() })

export const noteSchema = z
  .object({
    noteId: z.uuid(),
    title: z.string(),
    body: z.string(),
    version: z.int(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Note' })

/** The answer to a write. */
export const writtenNoteSchema = z.object({ noteId: z.uuid(), version: z.int() }).meta({ id: 'WrittenNote' })

export const noteParams = z.object({ noteId: z.uuid() })

export const noteExample = { title: 'Groceries', body: 'Bread, milk' } as const

/** In JSON an escaped character takes at most six bytes. */
export const NOTE_BYTES_MAX = 6 * BODY_CHARACTERS_MAX + 16_384

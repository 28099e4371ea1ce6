import { defineErrors } from '../../shared/errors/index.ts'

export const noteErrors = defineErrors({
  NOTE_NOT_FOUND: { status: 404, title: 'There is no such note' },
  NOTE_TITLE_TAKEN: { status: 409, title: 'Another note of the tenant has this title' },
  NOTE_TOO_LONG: { status: 413, title: 'The body of the note is longer than the limit' },
})

import { columns, integer, noColumns, text, timestamp } from '../../shared/postgres/index.ts'
import type { RowOf, Statement } from '../../shared/postgres/index.ts'

const noteColumns = columns({
  noteId: text,
  title: text,
  body: text,
  version: integer,
  createdAt: timestamp,
  updatedAt: timestamp,
})
export type Note = RowOf<typeof noteColumns>

export const selectNote = (tenantId: string, noteId: string): Statement<Note> => ({
  name: 'select_note',
  text: `select ${noteColumns.of('n')} from trickle_notes_state.notes n where n.tenant_id = $1 and n.note_id = $2`,
  columns: noteColumns,
  values: [tenantId, noteId],
})

export const selectNotes = (tenantId: string, after: string, limit: number): Statement<Note> => ({
  name: 'select_notes',
  text: `select ${noteColumns.of('n')} from trickle_notes_state.notes n where n.tenant_id = $1 and n.title > $2
    order by n.title limit $3`,
  columns: noteColumns,
  values: [tenantId, after, limit],
})

export const insertNote = (tenantId: string, note: Pick<Note, 'noteId' | 'title' | 'body'>): Statement => ({
  name: 'insert_note',
  text: `insert into trickle_notes_state.notes (tenant_id, note_id, title, body, version) values ($1, $2, $3, $4, 1)`,
  columns: noColumns,
  values: [tenantId, note.noteId, note.title, note.body],
})

/** Requires that the row still has the version that was read. The lock alone does not prove this. */
export const updateNote = (tenantId: string, note: Omit<Note, 'createdAt' | 'updatedAt'>): Statement => ({
  name: 'update_note',
  text: `update trickle_notes_state.notes n
    set title = $4, body = $5, version = n.version + 1, updated_at = clock_timestamp()
    where n.tenant_id = $1 and n.note_id = $2 and n.version = $3`,
  columns: noColumns,
  values: [tenantId, note.noteId, note.version, note.title, note.body],
})

export const deleteNote = (tenantId: string, noteId: string, version: number): Statement => ({
  name: 'delete_note',
  text: 'delete from trickle_notes_state.notes n where n.tenant_id = $1 and n.note_id = $2 and n.version = $3',
  columns: noColumns,
  values: [tenantId, noteId, version],
})

const countColumns = columns({ notes: integer })

export const selectCount = (tenantId: string): Statement<RowOf<typeof countColumns>> => ({
  name: 'select_note_count',
  text: 'select c.notes from trickle_notes_read.counts c where c.tenant_id = $1',
  columns: countColumns,
  values: [tenantId],
})

export const addToCount = (tenantId: string, change: number): Statement => ({
  name: 'add_to_note_count',
  text: `insert into trickle_notes_read.counts as c (tenant_id, notes) values ($1, $2)
    on conflict (tenant_id) do update set notes = c.notes + excluded.notes`,
  columns: noColumns,
  values: [tenantId, change],
})

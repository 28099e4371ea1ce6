import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { AppendOptions } from '../../shared/event-store/index.ts'
import {
  defineRouteFor,
  markReplayed,
  nextPageSchema,
  parsePrecondition,
  preconditionHeaders,
  reply,
  versionTag,
  wholeNumber,
} from '../../shared/http/index.ts'
import type { Reply, Route } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { noteErrors } from './errors.ts'
import type { WrittenNote } from './note-repository.ts'
import {
  newNoteSchema,
  NOTE_BYTES_MAX,
  noteExample,
  noteParams,
  noteSchema,
  writtenNoteSchema,
} from './schemas.ts'
import type { NoteServices } from './services.ts'

type Services = () => NoteServices

const defineNoteRoute = defineRouteFor<TenantContext>()
const readers = { kind: 'tenant', roles: ['reader', 'writer', 'admin'] } as const
const writers = { kind: 'tenant', roles: ['writer', 'admin'] } as const
const TAGS = ['Notes']
const body = { kind: 'json', schema: newNoteSchema, maxBytes: NOTE_BYTES_MAX, example: noteExample } as const
const etag = { ETag: { description: 'The version of the note', example: '"3"' } }

const changeErrors = [
  'INVALID_CONDITION',
  'OUTCOME_UNKNOWN',
  'VERSION_CONFLICT',
  noteErrors.NOTE_NOT_FOUND,
] as const

/** The same bound as for pages of events. */
const PAGE_MAX = 1_000

export const noteRoutes = (services: Services): Route<TenantContext>[] => [
  createRoute(services),
  listRoute(services),
  getRoute(services),
  changeRoute(services),
  deleteRoute(services),
  countRoute(services),
]

const createRoute = (services: Services) =>
  defineNoteRoute({
    name: 'create-note',
    method: 'POST',
    path: '/api/notes',
    summary: 'Create a note',
    tags: TAGS,
    access: writers,
    request: { body },
    responses: { 201: { description: 'The note is stored', schema: writtenNoteSchema, headers: etag } },
    errors: ['OUTCOME_UNKNOWN', noteErrors.NOTE_TITLE_TAKEN, noteErrors.NOTE_TOO_LONG],
    idempotency: 'receipt',
    async handler({ body: content, caller, ...context }) {
      const created = await services().notes.create(caller.tenant, randomUUID(), content, optionsOf(context))
      return written(201, created)
    },
  })

const listRoute = (services: Services) =>
  defineNoteRoute({
    name: 'list-notes',
    method: 'GET',
    path: '/api/notes',
    summary: 'List notes by title',
    tags: TAGS,
    access: readers,
    request: {
      query: z.object({
        after: z
          .string()
          .max(200)
          .default('')
          .describe('The title after which to go on: `next` of the page before.'),
        limit: wholeNumber({ min: 1, max: PAGE_MAX }).default(100),
      }),
    },
    responses: {
      200: {
        description: 'A page',
        schema: z.object({ notes: z.array(noteSchema), next: nextPageSchema(z.string().nullable()) }),
      },
    },
    async handler({ query: { after, limit }, caller }) {
      const notes = await services().notes.list(caller.tenant, after, limit)
      return reply(200, { json: { notes, next: notes.length === limit ? notes.at(-1)?.title : null } })
    },
  })

const getRoute = (services: Services) =>
  defineNoteRoute({
    name: 'get-note',
    method: 'GET',
    path: '/api/notes/{noteId}',
    summary: 'Read a note',
    tags: TAGS,
    access: readers,
    request: { params: noteParams },
    responses: { 200: { description: 'The note', schema: noteSchema, headers: etag } },
    errors: [noteErrors.NOTE_NOT_FOUND],
    async handler({ params, caller }) {
      const note = await services().notes.get(caller.tenant, params.noteId)
      return reply(200, { json: note, headers: { ETag: versionTag(note.version) } })
    },
  })

const changeRoute = (services: Services) =>
  defineNoteRoute({
    name: 'change-note',
    method: 'PUT',
    path: '/api/notes/{noteId}',
    summary: 'Change a note',
    description: '`If-Match: "3"` changes version 3 and no other one.',
    tags: TAGS,
    access: writers,
    request: { params: noteParams, headers: z.object(preconditionHeaders), body },
    responses: { 200: { description: 'The note is changed', schema: writtenNoteSchema, headers: etag } },
    errors: [...changeErrors, noteErrors.NOTE_TITLE_TAKEN, noteErrors.NOTE_TOO_LONG],
    idempotency: 'receipt',
    async handler({ params, headers, body: content, caller, ...context }) {
      const expected = parsePrecondition(headers)
      const changed = await services().notes.change(caller.tenant, params.noteId, content, {
        ...optionsOf(context),
        expected,
      })
      return written(200, changed)
    },
  })

const deleteRoute = (services: Services) =>
  defineNoteRoute({
    name: 'delete-note',
    method: 'DELETE',
    path: '/api/notes/{noteId}',
    summary: 'Delete a note',
    description: '`If-Match: "3"` deletes version 3 and no other one. Its events stay in the log.',
    tags: TAGS,
    access: writers,
    request: { params: noteParams, headers: z.object(preconditionHeaders) },
    responses: { 200: { description: 'The note is deleted', schema: writtenNoteSchema } },
    errors: changeErrors,
    idempotency: 'receipt',
    async handler({ params, headers, caller, ...context }) {
      const deleted = await services().notes.delete(caller.tenant, params.noteId, {
        ...optionsOf(context),
        expected: parsePrecondition(headers),
      })
      return written(200, deleted)
    },
  })

const countRoute = (services: Services) =>
  defineNoteRoute({
    name: 'count-notes',
    method: 'GET',
    path: '/api/note-count',
    summary: 'How many notes there are',
    description: 'Counted from the events in the background, so it is some seconds late.',
    tags: TAGS,
    access: readers,
    request: {},
    responses: { 200: { description: 'The count', schema: z.object({ notes: z.int() }) } },
    async handler({ caller }) {
      return reply(200, { json: { notes: await services().notes.count(caller.tenant) } })
    },
  })

/** The parts of the request that a write needs. */
const optionsOf = ({ idempotency, trace, signal, deadlineAtMs }: Required<AppendOptions>): AppendOptions => ({
  idempotency,
  trace,
  signal,
  deadlineAtMs,
})

function written(status: number, { noteId, version, replayed }: WrittenNote): Reply {
  const answer = reply(status, { json: { noteId, version }, headers: { ETag: versionTag(version) } })
  return replayed ? markReplayed(answer) : answer
}

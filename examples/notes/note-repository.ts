import { TrickleError } from '../../shared/errors/index.ts'
import type {
  AppendAllResult,
  AppendOptions,
  DomainDecision,
  DomainWrites,
  NewEvent,
} from '../../shared/event-store/index.ts'
import { versionTag } from '../../shared/http/index.ts'
import type { Precondition } from '../../shared/http/index.ts'
import type { Database, Statement } from '../../shared/postgres/index.ts'
import { withTenant } from '../../shared/tenancy/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { noteErrors } from './errors.ts'
import { deleteNote, insertNote, selectCount, selectNote, selectNotes, updateNote } from './statements.ts'
import type { Note } from './statements.ts'

export type NoteContent = Pick<Note, 'title' | 'body'>

export interface WrittenNote {
  readonly noteId: string
  readonly version: number
  readonly replayed: boolean
}

export interface NoteRepositoryOptions {
  readonly database: Database
  readonly writes: DomainWrites
  /** The longest body, in characters. */
  readonly bodyMax: number
}

/** The name of a note's stream: this and the note's id. */
const STREAM = 'note-'

/** Notes of one tenant at a time. Each change is written to the table and to the note's stream in one transaction. */
export class NoteRepository {
  readonly #database: Database
  readonly #writes: DomainWrites
  readonly #bodyMax: number

  constructor({ database, writes, bodyMax }: NoteRepositoryOptions) {
    this.#database = database
    this.#writes = writes
    this.#bodyMax = bodyMax
  }

  /** @throws TrickleError NOTE_NOT_FOUND, DATABASE_ family. */
  async get(tenant: TenantContext, noteId: string): Promise<Note> {
    const [found] = await this.#read(tenant, selectNote(tenant.tenantId, noteId))
    return found ?? notFound(noteId)
  }

  /** A page by title. @param after the last title of the page before; '' for the first page */
  async list(tenant: TenantContext, after: string, limit: number): Promise<readonly Note[]> {
    return this.#read(tenant, selectNotes(tenant.tenantId, after, limit))
  }

  /** How many notes the projection has counted. The count is some seconds late. */
  async count(tenant: TenantContext): Promise<number> {
    const [found] = await this.#read(tenant, selectCount(tenant.tenantId))
    return found?.notes ?? 0
  }

  /** @throws TrickleError NOTE_TITLE_TAKEN, NOTE_TOO_LONG, and as DomainWrites.write. */
  async create(
    tenant: TenantContext,
    noteId: string,
    content: NoteContent,
    options: AppendOptions,
  ): Promise<WrittenNote> {
    this.#checkLength(content)
    const streamId = `${STREAM}${noteId}`
    const result = await this.#writes.write(tenant, {
      ...options,
      streams: [streamId],
      refusals: { notes_title_key: () => titleTaken(content.title) },
      decide: () => creation(noteId, insertNote(tenant.tenantId, { noteId, ...content }), content),
    })
    return writtenOf(result)
  }

  /**
   * Creates the note, or changes it where it is there already.
   * @throws TrickleError NOTE_TITLE_TAKEN, NOTE_TOO_LONG, and as DomainWrites.write.
   */
  async write(
    tenant: TenantContext,
    noteId: string,
    content: NoteContent,
    options: AppendOptions,
  ): Promise<WrittenNote> {
    this.#checkLength(content)
    const { tenantId } = tenant
    const result = await this.#writes.write(tenant, {
      ...options,
      streams: [`${STREAM}${noteId}`],
      reads: [selectNote(tenantId, noteId)],
      refusals: { notes_title_key: () => titleTaken(content.title) },
      decide: ([[found]]) =>
        found === undefined
          ? creation(noteId, insertNote(tenantId, { noteId, ...content }), content)
          : decision(
              noteId,
              found.version,
              updateNote(tenantId, { noteId, version: found.version, ...content }),
              { type: 'NoteChanged', data: content },
            ),
    })
    return writtenOf(result)
  }

  /** @throws TrickleError NOTE_NOT_FOUND, NOTE_TITLE_TAKEN, NOTE_TOO_LONG, VERSION_CONFLICT, and as DomainWrites.write. */
  async change(
    tenant: TenantContext,
    noteId: string,
    content: NoteContent,
    { expected, ...options }: AppendOptions & { readonly expected: Precondition },
  ): Promise<WrittenNote> {
    this.#checkLength(content)
    return this.#changeExisting(tenant, noteId, { expected, options, title: content.title }, (version) =>
      decision(noteId, version, updateNote(tenant.tenantId, { noteId, version, ...content }), {
        type: 'NoteChanged',
        data: content,
      }),
    )
  }

  /** @throws TrickleError NOTE_NOT_FOUND, VERSION_CONFLICT, and as DomainWrites.write. */
  async delete(
    tenant: TenantContext,
    noteId: string,
    { expected, ...options }: AppendOptions & { readonly expected: Precondition },
  ): Promise<WrittenNote> {
    return this.#changeExisting(tenant, noteId, { expected, options, title: '' }, (version) =>
      decision(noteId, version, deleteNote(tenant.tenantId, noteId, version), {
        type: 'NoteDeleted',
        data: null,
      }),
    )
  }

  /** Reads the note under the lock of its stream, so that nobody changes it until this transaction ends. */
  async #changeExisting(
    tenant: TenantContext,
    noteId: string,
    given: { readonly expected: Precondition; readonly options: AppendOptions; readonly title: string },
    decide: (version: number) => DomainDecision,
  ): Promise<WrittenNote> {
    const result = await this.#writes.write(tenant, {
      ...given.options,
      streams: [`${STREAM}${noteId}`],
      reads: [selectNote(tenant.tenantId, noteId)],
      refusals: { notes_title_key: () => titleTaken(given.title) },
      decide: ([[found]]) => {
        const { version } = found ?? notFound(noteId)
        checkVersion(given.expected, version)
        return decide(version)
      },
    })
    return writtenOf(result)
  }

  #read<R>(tenant: TenantContext, statement: Statement<R>): Promise<readonly R[]> {
    return withTenant(this.#database, tenant, (run) => run(statement), { readOnly: true })
  }

  #checkLength({ body }: NoteContent): void {
    if (body.length <= this.#bodyMax) return
    throw new TrickleError(
      noteErrors.NOTE_TOO_LONG,
      `The body has ${body.length} characters, and ${this.#bodyMax} are the most. Shorten it.`,
      { errors: [{ pointer: '/body', message: `has more than ${this.#bodyMax} characters` }] },
    )
  }
}

const creation = (noteId: string, statement: Statement, content: NoteContent): DomainDecision => ({
  changes: [{ statement, rows: 1 }],
  streams: [
    {
      streamId: `${STREAM}${noteId}`,
      streamType: 'note',
      expected: { mode: 'none' },
      events: [{ type: 'NoteAdded', data: content }],
    },
  ],
})

const decision = (
  noteId: string,
  version: number,
  statement: Statement,
  event: NewEvent,
): DomainDecision => ({
  changes: [{ statement, rows: 1 }],
  streams: [{ streamId: `${STREAM}${noteId}`, expected: { mode: 'version', version }, events: [event] }],
})

function checkVersion(expected: Precondition, version: number): void {
  if (expected.mode === 'any' || expected.mode === 'exists') return
  if (expected.mode === 'version' && expected.version === version) return
  throw new TrickleError(
    'VERSION_CONFLICT',
    `The note is at version ${version}. Read it again, and repeat your change on what you find.`,
    { extensions: { currentVersion: version }, headers: { ETag: versionTag(version) } },
  )
}

/** A repeated write returns the id that the first write made. */
function writtenOf({ streams, replayed }: AppendAllResult): WrittenNote {
  const [written] = streams
  if (written === undefined) throw new Error('a write of a note has written no stream')
  return { noteId: written.streamId.slice(STREAM.length), version: written.version, replayed }
}

function notFound(noteId: string): never {
  throw new TrickleError(noteErrors.NOTE_NOT_FOUND, `There is no note ${noteId}.`)
}

const titleTaken = (title: string): TrickleError =>
  new TrickleError(noteErrors.NOTE_TITLE_TAKEN, `Another note is called "${title}". Choose another title.`, {
    errors: [{ pointer: '/title', message: 'is taken' }],
  })

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { notes } from '../../../examples/notes/context.ts'
import { ParkedMessages } from '../../../shared/messages/index.ts'
import type { Answer } from '../../shared/http/harness.ts'
import { openContextStage } from '../../support/context-stage.ts'
import type { ContextStage, RouteCall } from '../../support/context-stage.ts'

const folder = fileURLToPath(new URL('../../../examples/notes', import.meta.url))

let stage: ContextStage

beforeAll(async () => {
  stage = await openContextStage(notes, {
    tenants: ['acme', 'beta', 'gamma'],
    moreOwners: [{ name: 'notes', folder }],
    settings: { TRICKLE_NOTES_BODY_CHARACTERS_MAX: '10' },
  })
})
afterAll(() => stage.stop())

const create = (tenant: string, title: string, options: RouteCall = {}): Promise<Answer> =>
  stage.ask(`writer@${tenant}`, 'create-note', { json: { title, body: 'b' }, ...options })

async function created(tenant: string, title: string): Promise<{ noteId: string }> {
  const answer = await create(tenant, title)
  expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"1"'])
  return { noteId: String(answer.json?.['noteId']) }
}

const at = (version: number): RouteCall => ({ headers: { 'if-match': `"${version}"` } })

const outcome = ({ status, json }: Answer): unknown[] => [status, json?.['code']]

/** Types and versions of the events of a stream. */
async function eventsOf(tenant: string, noteId: string): Promise<unknown[]> {
  const context = await stage.platform.tenantsBy('slug').resolve(tenant)
  const streamId = `note-${noteId}`
  const { events } = await stage.platform.events.readStream(context, {
    streamId,
    backward: false,
    limit: 100,
  })
  return events.map((text) => {
    const { type, version, streamType, data } = JSON.parse(text) as Record<string, unknown>
    return [type, version, streamType, data]
  })
}

describe('a note', () => {
  it('is created, read, changed and deleted, each with its event', async () => {
    const { noteId } = await created('acme', 'Groceries')
    const params = { noteId }
    expect((await stage.ask('reader@acme', 'get-note', { params })).json).toMatchObject({
      noteId,
      title: 'Groceries',
      body: 'b',
      version: 1,
    })
    const json = { title: 'Shopping', body: 'milk' }
    const changed = await stage.ask('writer@acme', 'change-note', { params, json, ...at(1) })
    expect([changed.status, changed.json, changed.headers.get('etag')]).toEqual([
      200,
      { noteId, version: 2 },
      '"2"',
    ])
    const deleted = await stage.ask('writer@acme', 'delete-note', { params, ...at(2) })
    expect([deleted.status, deleted.json]).toEqual([200, { noteId, version: 3 }])
    expect(outcome(await stage.ask('reader@acme', 'get-note', { params }))).toEqual([404, 'NOTE_NOT_FOUND'])
    expect(await eventsOf('acme', noteId)).toEqual([
      ['NoteAdded', 1, 'note', { title: 'Groceries', body: 'b' }],
      ['NoteChanged', 2, 'note', json],
      ['NoteDeleted', 3, 'note', null],
    ])
  })

  it('is changed and deleted at its version only, and a refused change leaves no event', async () => {
    const { noteId } = await created('acme', 'Versions')
    const params = { noteId }
    const json = { title: 'Other', body: 'o' }
    const late = await stage.ask('writer@acme', 'change-note', { params, json, ...at(7) })
    expect([...outcome(late), late.json?.['currentVersion']]).toEqual([412, 'VERSION_CONFLICT', 1])
    expect(outcome(await stage.ask('writer@acme', 'delete-note', { params, ...at(7) }))).toEqual([
      412,
      'VERSION_CONFLICT',
    ])
    expect(await eventsOf('acme', noteId)).toHaveLength(1)
  })

  it('has a title of its own in its tenant', async () => {
    await created('acme', 'Taken')
    const { noteId } = await created('acme', 'Free')
    expect(outcome(await create('acme', 'Taken'))).toEqual([409, 'NOTE_TITLE_TAKEN'])
    const json = { title: 'Taken', body: 'b' }
    expect(outcome(await stage.ask('writer@acme', 'change-note', { params: { noteId }, json }))).toEqual([
      409,
      'NOTE_TITLE_TAKEN',
    ])
    expect(await eventsOf('acme', noteId)).toHaveLength(1)
    await created('beta', 'Taken')
  })

  it('has a body within the setting', async () => {
    const json = { title: 'Long', body: '12345678901' }
    const answer = await stage.ask('writer@acme', 'create-note', { json })
    expect([...outcome(answer), answer.json?.['errors']]).toEqual([
      413,
      'NOTE_TOO_LONG',
      [{ pointer: '/body', message: 'has more than 10 characters' }],
    ])
  })

  it('is created once under one Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'once' }
    const [first, again] = [
      await create('acme', 'Once', { headers }),
      await create('acme', 'Once', { headers }),
    ]
    expect(again.json).toEqual(first.json)
    expect([first, again].map((answer) => answer.headers.get('idempotency-replayed'))).toEqual([null, 'true'])
  })

  it('that is not there can not be changed or deleted', async () => {
    const params = { noteId: '6ba7b810-9dad-41d1-80b4-00c04fd430c8' }
    const json = { title: 't', body: 'b' }
    expect(outcome(await stage.ask('writer@acme', 'change-note', { params, json }))).toEqual([
      404,
      'NOTE_NOT_FOUND',
    ])
    expect(outcome(await stage.ask('writer@acme', 'delete-note', { params }))).toEqual([
      404,
      'NOTE_NOT_FOUND',
    ])
  })
})

describe('the command note.write', () => {
  const noteId = '6ba7b811-9dad-41d1-80b4-00c04fd430c8'
  const write = (id: string, data: object): unknown => ({ tenant: 'acme', id, type: 'note.write', data })
  const parkedReasons = async (): Promise<string[]> => {
    const parked = new ParkedMessages(stage.platform.databases.operator)
    return (await parked.list({ limit: 100 })).messages.map(({ reason }) => reason)
  }

  it('creates a note and then changes it, and does nothing when it comes again', async () => {
    const first = write('c-1', { noteId, title: 'By command', body: 'one' })
    await stage.command(first)
    await stage.command(write('c-2', { noteId, title: 'By command', body: 'two' }))
    await stage.command(first, 2)
    expect((await stage.ask('reader@acme', 'get-note', { params: { noteId } })).json).toMatchObject({
      body: 'two',
      version: 2,
    })
    expect(await eventsOf('acme', noteId)).toEqual([
      ['NoteAdded', 1, 'note', { title: 'By command', body: 'one' }],
      ['NoteChanged', 2, 'note', { title: 'By command', body: 'two' }],
    ])
    expect(await parkedReasons()).toEqual([])
  })

  it('is parked where it can never be carried out', async () => {
    await stage.command(write('c-3', { noteId, title: 'By command', body: 'longer than ten' }))
    await stage.command(write('c-4', { title: 'No id', body: 'b' }))
    expect(await parkedReasons()).toEqual(['NOTE_TOO_LONG', 'VALIDATION_FAILED'])
    expect(await eventsOf('acme', noteId)).toHaveLength(2)
  })
})

describe('the list', () => {
  it('is in the order of titles, page by page, and of one tenant', async () => {
    for (const title of ['c', 'a', 'b']) await created('gamma', title)
    const pageOf = async (query: string) => {
      const { json } = await stage.ask('reader@gamma', 'list-notes', { path: `/api/notes${query}` })
      const { notes: found, next } = json as { notes: { title: string }[]; next: string | null }
      return [found.map(({ title }) => title), next]
    }
    expect(await pageOf('?limit=2')).toEqual([['a', 'b'], 'b'])
    expect(await pageOf('?limit=2&after=b')).toEqual([['c'], null])
  })
})

describe('another tenant', () => {
  it('finds nothing of it, and changes nothing', async () => {
    const { noteId } = await created('acme', 'Ours')
    const params = { noteId }
    const json = { title: 'Theirs', body: 'b' }
    expect(outcome(await stage.ask('reader@beta', 'get-note', { params }))).toEqual([404, 'NOTE_NOT_FOUND'])
    expect(outcome(await stage.ask('writer@beta', 'change-note', { params, json }))).toEqual([
      404,
      'NOTE_NOT_FOUND',
    ])
    expect(outcome(await stage.ask('writer@beta', 'delete-note', { params }))).toEqual([
      404,
      'NOTE_NOT_FOUND',
    ])
    expect((await stage.ask('reader@acme', 'get-note', { params })).json).toMatchObject({
      title: 'Ours',
      version: 1,
    })
  })
})

describe('the count', () => {
  const countOf = async (tenant: string): Promise<unknown> =>
    (await stage.ask(`reader@${tenant}`, 'count-notes')).json

  it('is that of the notes that are there, by tenant, whenever it is asked for', async () => {
    const tenants = ['acme', 'beta', 'gamma']
    const listed = async (tenant: string) => {
      const { json } = await stage.ask(`reader@${tenant}`, 'list-notes', { path: '/api/notes' })
      return { notes: (json as { notes: unknown[] }).notes.length }
    }
    await created('beta', 'Counted')
    for (let round = 0; round < 2; round += 1) {
      expect(await stage.run('notes-count')).toMatchObject({ outcome: 'done' })
      for (const tenant of tenants)
        expect([tenant, await countOf(tenant)]).toEqual([tenant, await listed(tenant)])
    }
  })
})

import { writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startAnalytics } from '../../../local/analytics/index.ts'
import { ask, call, countRows, DATABASE_NAME, startHarness } from './harness.ts'
import type { Harness } from './harness.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let harness: Harness
let url: string

beforeAll(async () => {
  harness = await startHarness()
  url = harness.analytics.url
})

afterAll(async () => {
  await harness.close()
})

async function refusal(command: string): Promise<{ status: number; error: Record<string, unknown> }> {
  const answer = await call(url, '/v1/rest/mgmt', {
    method: 'POST',
    body: JSON.stringify({ db: DATABASE_NAME, csl: command }),
  })
  const { error } = (await answer.json()) as { error: Record<string, unknown> }
  return { status: answer.status, error }
}

describe('tables', () => {
  test('.create-merge adds columns and leaves the others', async () => {
    await ask(url, ".create-merge table Merged (A:string, ['b c']:long) with (folder=\"x\", docstring='y')")
    await ask(url, '.create-merge table Merged (Z:datetime, A:string)')
    const [table] = await ask(url, '.show table Merged cslschema')
    expect(table).toMatchObject({ Schema: 'A:string,b c:long,Z:datetime', Folder: 'x', DocString: 'y' })
    await ask(url, '.ingest inline into table Merged with (format=\'json\') <| {"A":"1","b c":2}')
    expect(await ask(url, "Merged | where ['b c'] == 2 | project A")).toEqual([{ A: '1' }])
  })

  test('names may differ by case only', async () => {
    await ask(url, '.create table Cases (id:string, Id:string, ID:long)')
    await ask(url, '.create table cases (other:string)')
    await ask(url, '.ingest inline into table Cases with (format=\'json\') <| {"id":"a","Id":"b","ID":3}')
    expect(await ask(url, 'Cases')).toEqual([{ id: 'a', Id: 'b', ID: 3 }])
    expect(await countRows(url, 'cases')).toBe(0)
  })

  test('a column cannot change its type', async () => {
    await ask(url, '.create table Typed (A:string)')
    const { status, error } = await refusal('.create-merge table Typed (A:long, B:string)')
    expect([status, error['@permanent']]).toEqual([400, true])
    const [table] = await ask(url, '.show table Typed cslschema')
    expect(table?.['Schema']).toBe('A:string')
  })
})

describe('policies', () => {
  test('are kept, merged, shown and deleted', async () => {
    await ask(url, '.create table Ruled (A:string)')
    await ask(
      url,
      '.alter table Ruled policy retention ```{"SoftDeletePeriod":"1.00:00:00","Recoverability":"Enabled"}```',
    )
    await ask(url, '.alter-merge table Ruled policy retention \'{"SoftDeletePeriod":"2.00:00:00"}\'')
    const [policy] = await ask(url, '.show table Ruled policy retention')
    expect(JSON.parse(String(policy?.['Policy']))).toEqual({
      SoftDeletePeriod: '2.00:00:00',
      Recoverability: 'Enabled',
    })
    await ask(url, '.delete table Ruled policy retention')
    expect(await ask(url, '.show table Ruled policy retention')).toMatchObject([{ Policy: 'null' }])
  })

  test('of an unknown encoding or entity are refused', async () => {
    expect((await refusal(".alter column EventsRaw.Payload policy encoding type='Huge'")).status).toBe(400)
    expect((await refusal(".alter column EventsRaw.Nothing policy encoding type='BigObject'")).status).toBe(
      400,
    )
    expect((await refusal('.alter table Nowhere policy caching hot = 1d')).status).toBe(400)
  })
})

describe('.show tables', () => {
  test('lists tables and views', async () => {
    const tables = await ask(url, '.show tables')
    expect(tables.map((row) => row['TableName'])).toEqual(expect.arrayContaining(['Events', 'EventsRaw']))
    expect(tables.find((row) => row['TableName'] === 'Events')).toEqual({
      TableName: 'Events',
      DatabaseName: DATABASE_NAME,
      Folder: '',
      DocString: 'Materialized view on EventsRaw',
    })
    expect(await ask(url, '.show tables (Events, EventsRaw) | count')).toEqual([{ Count: 2 }])
  })

  test('and their columns, as a list and as JSON', async () => {
    await ask(url, '.create table Columns (A:string, B:long, C:decimal) with (folder="f", docstring="d")')
    const csl = { TableName: 'Columns', DatabaseName: DATABASE_NAME, Folder: 'f', DocString: 'd' }
    for (const form of ['cslschema', 'schema as csl'])
      expect(await ask(url, `.show table Columns ${form}`)).toEqual([
        { ...csl, Schema: 'A:string,B:long,C:decimal' },
      ])
    const [json] = await ask(url, '.show table Columns schema as json')
    expect(JSON.parse(String(json?.['Schema']))).toEqual({
      Name: 'Columns',
      OrderedColumns: [
        { Name: 'A', Type: 'System.String', CslType: 'string' },
        { Name: 'B', Type: 'System.Int64', CslType: 'long' },
        { Name: 'C', Type: 'System.Data.SqlTypes.SqlDecimal', CslType: 'decimal' },
      ],
    })
    const [raw] = await ask(url, '.show table EventsRaw cslschema')
    for (const command of ['.show table Events cslschema', '.show materialized-view Events schema as csl']) {
      const [view] = await ask(url, command)
      expect([view?.['TableName'], view?.['Schema']]).toEqual(['Events', raw?.['Schema']])
    }
  })
})

describe('.show table extents', () => {
  test('filters by tags: has is the whole tag, contains a part, case ignored', async () => {
    await ask(url, '.create table Tagged (A:string)')
    const ingest = (tags: string): Promise<unknown> =>
      ask(url, `.ingest inline into table Tagged with (format='json', tags='${tags}') <| {"A":"x"}`)
    await ingest('["aaa","BBB","ccc"]')
    await ingest('["ddd"]')
    const count = async (filter: string): Promise<number> =>
      (await ask(url, `.show table Tagged extents ${filter}`)).length
    expect(await count('')).toBe(2)
    expect(await count("where tags has 'aaa' and tags contains 'bb'")).toBe(1)
    expect(await count("where tags has 'aa' and tags contains 'bb'")).toBe(0)
    expect(await count("where tags contains 'AA'")).toBe(1)
    expect(await count("where tags !has 'aaa'")).toBe(1)
    expect(await count("where tags !contains 'd'")).toBe(1)
    expect(await ask(url, ".show table Tagged extents where tags has 'ddd' | count")).toEqual([{ Count: 1 }])
  })
})

describe('.ingest inline', () => {
  test('knows tags and ingestIfNotExists as the queue does', async () => {
    await ask(url, '.create table Inline (A:string)')
    const command = `.ingest inline into table Inline with (format='json', tags='["ingest-by:i1"]', ingestIfNotExists='["i1"]') <| {"A":"x | y"}\n{"A":"z"}`
    expect(await ask(url, command)).toMatchObject([{ RowCount: 2 }])
    expect(await ask(url, command)).toEqual([])
    expect(await countRows(url, 'Inline')).toBe(2)
  })

  test('keeps nothing of data with a malformed record', async () => {
    await ask(url, '.create table InlineBad (A:string)')
    const { error } = await refusal(
      '.ingest inline into table InlineBad with (format=\'json\') <| {"A":"x"}\n{',
    )
    expect(error['code']).toBe('BadRequest_UnexpectedCharacterInInputStream')
    expect(await countRows(url, 'InlineBad')).toBe(0)
  })
})

describe('what is not supported is refused, permanently and by name', () => {
  test.each([
    ['.drop table EventsRaw', "'.drop'"],
    ['.show operations', "'.show operations'"],
    ['.get cluster secrets', "'.get cluster secrets'"],
    ['.create function f() { 1 }', "'.create function'"],
    ['.create table EventsRaw ingestion csv mapping "m" \'[]\'', 'csv mappings'],
    [
      '.create-or-alter materialized-view V on table EventsRaw { EventsRaw | summarize arg_max(Position, *) by EventId }',
      'materialized view',
    ],
    [
      '.create-or-alter materialized-view V on table EventsRaw { EventsRaw | where Version > 1 }',
      'materialized view',
    ],
  ])('%s', async (command, named) => {
    const { status, error } = await refusal(command)
    expect([status, error['@permanent']]).toEqual([400, true])
    expect(error['@message']).toContain(named)
  })

  test.each([
    [
      '.create-or-alter table EventsRaw ingestion json mapping "m" \'[{"column":"A"}]\'',
      'neither Path nor ConstValue',
    ],
    [
      '.create-or-alter table EventsRaw ingestion json mapping "m" \'[{"column":"A","Properties":{"Path":"$..x"}}]\'',
      'not a JSON path',
    ],
    ['.create-or-alter table EventsRaw ingestion json mapping "m" \'{\'', 'not JSON'],
    [
      '.create-or-alter table Nowhere ingestion json mapping "m" \'[{"column":"A","path":"$.a"}]\'',
      "'Nowhere' of kind 'Table'",
    ],
    [
      '.create-or-alter materialized-view V on table EventsRaw { EventsRaw | summarize take_any(*) by Nothing }',
      "no column 'Nothing'",
    ],
    [
      '.create-or-alter materialized-view EventsRaw on table EventsRaw { EventsRaw | summarize take_any(*) by EventId }',
      'is a table',
    ],
    ['.show table Nowhere cslschema', "'Nowhere' of kind 'Table' was not found. There are: "],
    ['.show materialized-view EventsRaw cslschema', "'EventsRaw' of kind 'MaterializedView'"],
    ['.create table T (A:text)', "'text' is not a scalar type"],
    ['.create table T (A:string, A:long)', 'named twice'],
    ['.create table Events (A:string)', 'is a materialized view'],
    ['show tables', 'begins with a dot'],
  ])('%s', async (command, message) => {
    const { status, error } = await refusal(command)
    expect([status, error['@permanent']]).toEqual([400, true])
    expect(error['@message']).toContain(message)
  })
})

describe('the stand-in refuses to start with one clear sentence', () => {
  function start(more: {
    kqlFolder?: string
    port?: number
    dataFolder?: string
    storage?: string
  }): Promise<unknown> {
    return startAnalytics({
      dataFolder: join(harness.folder, 'another'),
      kqlFolder: join(harness.folder, 'kql'),
      database: DATABASE_NAME,
      storage: harness.storage.connectionString,
      ...more,
    })
  }

  test('when a command of a .kql file fails, with file and line', async () => {
    await mkdir(join(harness.folder, 'kql'), { recursive: true })
    await writeFile(
      join(harness.folder, 'kql', '1.kql'),
      '// first\n.create table A (A:string)\n\n.create table B (A:nothing)\n',
    )
    await expect(start({})).rejects.toMatchObject({
      code: 'PART_FAILED',
      where: join(harness.folder, 'kql', '1.kql:4'),
      message: expect.stringContaining("'nothing' is not a scalar type") as string,
    })
  })

  test('when the port is taken, the folder is in use, or storage does not answer', async () => {
    await mkdir(join(harness.folder, 'no-kql'), { recursive: true })
    const kqlFolder = join(harness.folder, 'no-kql')
    const port = Number(new URL(url).port)
    await expect(start({ kqlFolder, port })).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    await expect(start({ kqlFolder, dataFolder: join(harness.folder, 'analytics') })).rejects.toMatchObject({
      code: 'DATA_FOLDER_IN_USE',
    })
    const nowhere =
      'AccountName=trickle;AccountKey=eA==;BlobEndpoint=http://127.0.0.1:9/trickle;QueueEndpoint=http://127.0.0.1:9/trickle'
    await expect(start({ kqlFolder, storage: nowhere })).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
    const file = join(harness.folder, 'a-file')
    await writeFile(file, '')
    await expect(start({ kqlFolder, dataFolder: join(file, 'data') })).rejects.toMatchObject({
      code: 'NOT_A_HOME',
    })
  })
})

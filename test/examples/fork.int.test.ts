import { glob, mkdir, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as Database from '../../database/index.ts'
import type * as ProductModule from '../../functions/product.ts'
import type * as SqlRules from '../../tools/sql-rules/index.ts'
import { LOGINS, TABLE_VERBS } from '../../shared/postgres/index.ts'
import { violationsOf } from '../../tools/architecture.ts'
import { generatedFiles } from '../../tools/generate.ts'
import { newDomain } from '../../tools/new-domain.ts'
import { accessBy, productAccess } from '../database/expected-access.ts'
import { functionRules } from '../database/function-rules.ts'
import { IsolationCheck } from '../database/isolation-check.ts'
import { seedTenants } from '../database/isolation-support.ts'
import { tableRules } from '../database/table-rules.ts'
import { openContextStage } from '../support/context-stage.ts'
import type { ContextStage } from '../support/context-stage.ts'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { Fork } from './fork.ts'

/** The example, copied into functions/ twice: under its own name and under another one. */
let fork: Fork
let product: ReturnType<typeof ProductModule.product>
let owners: ReturnType<typeof Database.owners>

const OWN = ['notes', 'memos']

beforeAll(async () => {
  fork = await Fork.create()
  await fork.git('checkout', '-q', '-b', 'own')
  await newDomain(fork.folder, { plural: 'notes', singular: 'note' })
  await newDomain(fork.folder, { plural: 'memos', singular: 'memo' })
  await fork.generate()
  await fork.commit('Notes and memos')
  product = ((await load('functions/product.ts')) as typeof ProductModule).product()
  const database = (await load('database/index.ts')) as typeof Database
  owners = database.owners().filter(({ name }) => OWN.includes(name))
})
afterAll(() => fork.dispose())

/** A module of the fork, not ours of the same name. */
const load = (file: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(fork.path(file)).href) as Promise<unknown>

describe('a copied domain', () => {
  it('is one of the contexts, and the only file of the product that says so is app.ts', async () => {
    expect(product.contexts).toEqual(expect.arrayContaining(OWN))
    expect(owners.map(({ name }) => name).toSorted()).toEqual(OWN.toSorted())
    const changed = (await fork.git('diff', '--name-only', '--diff-filter=M', 'product', 'own')).trim()
    const generated = new Set((await generatedFiles()).keys())
    // A snapshot follows from what the template reads, which the generated list of subscriptions is part of.
    const own = changed
      .split('\n')
      .filter((file) => !generated.has(file) && !file.startsWith('infra/snapshots/'))
    expect(own).toEqual(['functions/app.ts'])
    const line = await fork.git('diff', '--numstat', 'product', 'own', '--', 'functions/app.ts')
    expect(line).toMatch(/^2\t0\t/)
  })

  it('keeps the walls between schemas, and names the tenant in each statement', async () => {
    const { checkSql } = (await load('tools/sql-rules/index.ts')) as typeof SqlRules
    expect(await checkSql()).toEqual([])
  })

  it('keeps the arrows of the house', async () => {
    let files = 0
    for await (const file of glob('functions/{notes,memos}/**/*.ts', { cwd: fork.folder })) {
      files += 1
      expect(violationsOf(file.replaceAll('\\', '/'), await fork.read(file))).toEqual([])
    }
    expect(files).toBeGreaterThan(15)
  })

  it('is in the documents, the settings and the manifest that are made from the code', async () => {
    const texts = {
      'docs/openapi.json': ['"/api/notes/{noteId}"', '"/api/memos/{memoId}"', 'NOTE_TITLE_TAKEN'],
      'docs/errors.md': ['`NOTE_NOT_FOUND`', '`MEMO_NOT_FOUND`'],
      'docs/configuration.md': ['`TRICKLE_NOTES_BODY_CHARACTERS_MAX`', '`TRICKLE_MEMOS_BODY_CHARACTERS_MAX`'],
      'infra/context-settings.json': ['"TRICKLE_MEMOS_BODY_CHARACTERS_MAX": ""'],
      'functions/health/database-manifest.json': ['"notes/0001_notes"', '"memos/0001_memos"'],
    }
    for (const [file, words] of Object.entries(texts)) {
      const text = await fork.read(file)
      expect([file, words.filter((word) => !text.includes(word))]).toEqual([file, []])
    }
  })
})

describe('on one database', () => {
  let stage: ContextStage
  beforeAll(async () => {
    stage = await openContextStage(product, { tenants: ['acme', 'beta'], moreOwners: owners })
  })
  afterAll(() => stage.stop())

  it.each([
    ['note', 'notes'],
    ['memo', 'memos'],
  ])('its routes, its migration and its projection work: %s', async (singular, plural) => {
    const json = { title: 'One', body: plural }
    const written = await stage.ask('writer@acme', `create-${singular}`, { json })
    expect(written.status).toBe(201)
    const params = { [`${singular}Id`]: String(written.json?.[`${singular}Id`]) }
    expect((await stage.ask('reader@acme', `get-${singular}`, { params })).json).toMatchObject(json)
    const hidden = await stage.ask('reader@beta', `get-${singular}`, { params })
    expect(hidden.json?.['code']).toBe(`${singular.toUpperCase()}_NOT_FOUND`)
    await stage.run(`${plural}-count`)
    expect((await stage.ask('reader@acme', `count-${plural}`)).json).toEqual({ [plural]: 1 })
    expect((await stage.ask('reader@beta', `count-${plural}`)).json).toEqual({ [plural]: 0 })
  })
})

describe('its tables', () => {
  let database: TestDatabase
  let admin: Client
  let check: IsolationCheck
  const isOwn = (relation: string): boolean => /^trickle_(notes|memos)_/.test(relation)

  beforeAll(async () => {
    database = await createDatabase()
    admin = await database.client('admin')
    const all = [...Database.owners(), ...owners]
    await Database.migrateUp({ migratorUrl: database.url('trickle_migrator'), owners: all })
    await seedTenants(admin, all)
    check = await IsolationCheck.of(database, admin, accessBy({ ...productAccess, ...product.access }), isOwn)
  })
  afterAll(() => database.drop())

  it('keep the rules of the schema', async () => {
    for (const rule of [...tableRules, ...functionRules]) {
      // Some rules try what they forbid.
      await admin.query('begin')
      const broken = await rule.find(admin)
      await admin.query('rollback')
      expect([rule.name, broken]).toEqual([rule.name, []])
    }
  })

  it('are those that their access names, with rows of several tenants', () => {
    expect(check.relations.map(({ relation }) => relation)).toEqual(Object.keys(product.access).toSorted())
    for (const { relation, tenants } of check.relations)
      expect([relation, tenants.length > 1]).toEqual([relation, true])
  })

  it.each(LOGINS)('show and give %s what their access says, and nothing else', async (login) => {
    for (const verb of TABLE_VERBS) expect(await check.surprises(login, verb)).toEqual([])
  })

  it('are seen to leak when they do', async () => {
    await admin.query(
      'create policy leak on trickle_memos_state.memos for select to trickle_app using (true)',
    )
    expect((await check.surprises('trickle_app', 'select')).join('\n')).toContain('trickle_memos_state.memos')
    await admin.query('drop policy leak on trickle_memos_state.memos')
  })

  it('are made and taken away by migrations that wait for no lock for long', async () => {
    const migrations = await Database.readMigrations(owners)
    expect(migrations).toHaveLength(2)
    for (const { name, upSql, downSql } of migrations) {
      for (const text of [upSql, downSql])
        expect([name, text.includes("set local lock_timeout = '2s'")]).toEqual([name, true])
    }
    await Database.migrateDown({
      migratorUrl: database.url('trickle_migrator'),
      owners: [...Database.owners(), ...owners],
      count: 2,
    })
    const { rows } = await admin.query(
      "select from pg_namespace n where n.nspname ~ '^trickle_(notes|memos)_'",
    )
    expect(rows).toEqual([])
  })
})

describe('the next version of the product', () => {
  it('merges by itself, and leaves the domains as they are', async () => {
    await fork.git('checkout', '-q', 'product')
    await nextVersion()
    await fork.generate()
    await fork.commit('The next version')
    await fork.git('checkout', '-q', 'own')
    // Once for each clone, as docs/add-a-domain.md says.
    await fork.git('config', 'merge.generated.driver', 'true')
    await fork.git('merge', '-q', '-m', 'Take the next version', 'product')
    await fork.generate()
    await fork.commit('Make again what is made from the code')

    const ownFiles = ['functions/notes', 'functions/memos', 'test/functions/notes', 'test/functions/memos']
    expect(await fork.git('diff', '--stat', 'HEAD~2', 'HEAD', '--', ...ownFiles)).toBe('')
    expect(await fork.generate('--check')).toContain('as the code makes them')
    const app = await fork.read('functions/app.ts')
    for (const name of [...OWN, 'archive']) expect(app).toContain(`./${name}/context.ts`)
    const document = await fork.read('docs/openapi.json')
    for (const path of ['/api/notes', '/api/memos', '/api/archive']) expect(document).toContain(`"${path}"`)
    expect(await fork.read('docs/errors.md')).toContain('`ARCHIVE_EMPTY`')
  })
})

/** A context more, other errors and settings of one that was there, another example, another number. */
async function nextVersion(): Promise<void> {
  await mkdir(fork.path('functions/archive'))
  await writeFile(fork.path('functions/archive/context.ts'), ARCHIVE)
  await fork.edit('functions/app.ts', (text) =>
    text.replace('export { events }', "export { archive } from './archive/context.ts'\nexport { events }"),
  )
  await fork.edit('functions/events/errors.ts', (text) =>
    text.replace('As many follow live feeds as', 'As many follow feeds as'),
  )
  await fork.edit('functions/events/settings.ts', (text) => text.replace(".default('0')", ".default('1')"))
  await fork.edit('examples/notes/count-projection.ts', (text) => text.replace('Counts the', 'Adds up the'))
  await fork.edit('package.json', (text) => text.replace('"version": "', '"version": "1'))
}

const ARCHIVE = `import { z } from 'zod'
import { defineErrors } from '../../shared/errors/index.ts'
import { defineRouteFor, reply } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { defineContext } from '../define-context.ts'

const errors = defineErrors({ ARCHIVE_EMPTY: { status: 404, title: 'The archive is empty' } })

export const archive = defineContext({
  name: 'archive',
  errors,
  settings: { TRICKLE_ARCHIVE_DAYS: z.string().default('30').describe('Days.') },
  routes: () => [
    defineRouteFor<TenantContext>()({
      name: 'read-archive',
      method: 'GET',
      path: '/api/archive',
      summary: 'Read the archive',
      tags: ['Archive'],
      access: { kind: 'tenant', roles: ['reader'] },
      request: {},
      responses: { 200: { description: 'It', schema: z.unknown() } },
      errors: [errors.ARCHIVE_EMPTY],
      handler: () => reply(200, { json: {} }),
    }),
  ],
})
`

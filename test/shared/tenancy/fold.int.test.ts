import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { urlOfDatabase, withClient } from '../../../database/index.ts'
import { foldName } from '../../../shared/tenancy/index.ts'
import { createOwnServer } from '../../support/database.ts'
import { codePoints } from './lookalikes.ts'
import { requirePostgres17, testedVersions } from '../../support/postgres-17.ts'

const everyCharacter = [...codePoints()].map((codePoint) => String.fromCodePoint(codePoint)).join('')

/** Databases with each provider that the server was built with; some fold by Unicode, one by the rules of Turkish. */
const providers: Readonly<Record<string, string>> = {
  builtin_unicode: "locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'",
  builtin_c: "locale_provider builtin builtin_locale 'C' locale 'C'",
  builtin_fast: "locale_provider builtin builtin_locale 'PG_UNICODE_FAST' locale 'C'",
  libc_c: "locale_provider libc locale 'C'",
  libc_unicode: "locale_provider libc locale 'C.UTF-8'",
  icu: "locale_provider icu icu_locale 'und' locale 'C'",
  icu_turkish: "locale_provider icu icu_locale 'tr-TR' locale 'C'",
}

/** One came with PostgreSQL 18, and one is a locale of the system, which every Linux has. */
const isThere = (version: number, name: string): boolean =>
  (version >= 18 || name !== 'builtin_fast') && (process.platform === 'linux' || name !== 'libc_unicode')

requirePostgres17()

describe.each(testedVersions)('PostgreSQL %i', (version) => {
  let adminUrl: string
  let drop: () => Promise<void>
  beforeAll(async () => {
    const server = await createOwnServer({ version })
    adminUrl = server.adminUrl
    drop = () => server.drop()
  })
  afterAll(() => drop())

  it.each(Object.entries(providers).filter(([name]) => isThere(version, name)))(
    'folds names as TypeScript does, every character, in a database of the provider %s',
    async (name, provider) => {
      const definitions = await withClient(adminUrl, functionsOf)
      await withClient(adminUrl, (client) =>
        client.query(`create database ${name} template template0 encoding 'UTF8' ${provider}`),
      )
      await withClient(urlOfDatabase(adminUrl, name), async (client) => {
        await client.query('create schema trickle_tenants_state')
        for (const definition of definitions) await client.query(definition)
        const folded = 'trickle_tenants_state.fold_name($1)'
        const { rows } = await client.query<{ folded: string; isEqual: boolean }>({
          text: `select ${folded} as folded, ${folded} = lower($1) as "isEqual",
            trickle_tenants_state.is_uuid('6BA7B810-9dad-11d1-80b4-00c04fd430c8') as "isUuid"`,
          values: [everyCharacter],
        })
        expect(rows[0]?.folded === foldName(everyCharacter)).toBe(true)
        // Else the provider folds as ASCII does, and this has shown nothing.
        expect(rows[0]).toMatchObject({ isEqual: name.endsWith('_c'), isUuid: false })
      })
    },
  )
})

/** The functions as the migration made them. */
async function functionsOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ definition: string }>(
    `select pg_get_functiondef(f::regprocedure) as definition
      from unnest(array['trickle_tenants_state.fold_name(text)', 'trickle_tenants_state.is_uuid(text)']) as f`,
  )
  return rows.map(({ definition }) => definition)
}

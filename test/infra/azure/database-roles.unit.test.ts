import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { selectLoginSettings } from '../../../shared/postgres/index.ts'
import { SIDES } from '../../../shared/sides/index.ts'
import { resourcesOf, snapshotOf, template } from './snapshots.ts'
import { appSettingsOf, fileOf, stringOf, textOfFile } from './support.ts'

const rolesFile = textOfFile('database/roles.sql')

/** Every role that the file makes. */
const roles = [
  ...(/foreach v_role in array array\[([^\]]*)\]/.exec(rolesFile)?.[1] ?? '').matchAll(/'(\w+)'/g),
].map(([, name = '']) => name)

/** Those that somebody logs in as: the others own things. */
const logins = (/grant connect on database %I to (trickle_migrator[^']*)'/.exec(rolesFile)?.[1] ?? '').split(
  ', ',
)

/** The texts of the hooks. */
const hooks = readdirSync(fileOf('infra/hooks'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(?:ts|mjs)$/.test(name))
  .map((name) => readFileSync(join(fileOf('infra/hooks'), name), 'utf8'))
  .join('\n')

describe('database roles', () => {
  it('are found in roles.sql', () => {
    expect(roles).toHaveLength(7)
    expect(logins.toSorted()).toEqual([
      'trickle_app',
      'trickle_forwarder',
      'trickle_migrator',
      'trickle_operator',
      'trickle_worker',
    ])
    expect(logins.filter((name) => !roles.includes(name))).toEqual([])
  })

  it('are all kept from other databases, reset, noted and looked at by ready', () => {
    // Every list of logins in the file, and that of the code: a login that one of them lacks would go unwatched.
    const lists = [...rolesFile.matchAll(/(?:array\[|in \()('trickle_[^)\]]*)/g)].map(([, list = '']) =>
      [...list.matchAll(/'(\w+)'/g)].map(([, name = '']) => name),
    )
    expect(lists).toHaveLength(4)
    for (const list of lists) expect(list).toEqual(expect.arrayContaining(logins))
    expect((selectLoginSettings.values[0] as string[]).toSorted()).toEqual(logins.toSorted())
  })

  it('of the apps are those of their urls', () => {
    const used = SIDES.flatMap((side) =>
      Object.entries(appSettingsOf('everything', side))
        .filter(([name]) => /^TRICKLE_POSTGRES_\w+_URL$/.test(name))
        .map(([, url]) => decodeURIComponent(new URL(stringOf(url)).username)),
    )
    // Migrations run as one more, by the hook and never by an app.
    expect([...used, 'trickle_migrator'].toSorted()).toEqual(logins.toSorted())
  })

  it('have an identity each, by the same name, whose object id the hooks get', () => {
    const identities = resourcesOf('dev')
      .filter(({ type }) => type.endsWith('/userAssignedIdentities'))
      .map(({ name }) => /^id-([a-z-]+)-\w+$/.exec(name)?.[1])
    const outputs = Object.keys(template.outputs)
    for (const login of logins.filter((name) => name !== 'trickle_migrator')) {
      const name = login.replace('trickle_', '')
      expect(identities).toContain(name)
      expect(outputs).toContain(`IDENTITY_${name.toUpperCase()}_PRINCIPAL_ID`)
      expect(hooks).toMatch(new RegExp(`\\b${login}\\b`))
    }
    // What is left is the platform's own, one for each app, and logs in to no database.
    const others = identities.filter((name) => !logins.includes(`trickle_${name}`))
    expect(new Set(others)).toEqual(new Set(['platform-public', 'platform-background']))
    expect(others).toHaveLength(2)
  })

  it('named in the hooks are all made by roles.sql', () => {
    const named = new Set(
      [...hooks.matchAll(/\b(trickle_(?!\w*_(?:log|state|outbox|migrations))[a-z]+)\b/g)].map(
        ([, name = '']) => name,
      ),
    )
    expect([...named].filter((name) => !roles.includes(name))).toEqual([])
    expect(named.has('trickle_migrator')).toBe(true)
  })

  it('work in the database that the hook makes, since one of the template would not belong to them', () => {
    const made = resourcesOf('everything').filter(({ type }) => type.endsWith('/flexibleServers/databases'))
    expect(made).toEqual([])
    const database = stringOf(snapshotOf('everything').outputs['POSTGRES_DATABASE'])
    expect(
      new URL(stringOf(appSettingsOf('everything', 'public')['TRICKLE_POSTGRES_APP_URL'])).pathname,
    ).toBe(`/${database}`)
  })
})

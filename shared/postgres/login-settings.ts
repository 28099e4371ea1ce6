import { json, orElse, orNull, text } from './column-types.ts'
import { columns } from './columns.ts'
import type { RowOf } from './columns.ts'
import type { Statement } from './statement.ts'
import { LOGINS } from './table-access.ts'

/** A setting of a login that differs from what database/roles.sql set. */
export interface ChangedSetting {
  readonly login: string
  /** A name, or "*" where the role has no note of its settings: roles.sql has not run. */
  readonly setting: string
  readonly expected: string | null
  readonly found: string | null
}

/** Such as '["statement_timeout=10s"]'. */
const settingsType = orElse(json<readonly string[]>(), [])

const loginColumns = columns({
  login: text,
  /** The comment on the role, written by roles.sql or by an administrator. */
  note: orNull(text),
  settings: settingsType,
  settingsHere: settingsType,
})

/**
 * The default settings of each login, for all databases and for this one, and what roles.sql noted. A login can change
 * its own defaults ("alter role current_user set statement_timeout = 0"): no right of PostgreSQL forbids that. It can't
 * change the note.
 */
export const selectLoginSettings: Statement<RowOf<typeof loginColumns>> = {
  name: 'select_login_settings',
  text: `select r.rolname as login, pg_catalog.shobj_description(r.oid, 'pg_authid') as note,
      (select pg_catalog.to_json(s.setconfig) from pg_catalog.pg_db_role_setting s
        where s.setrole = r.oid and s.setdatabase = 0) as settings,
      (select pg_catalog.to_json(s.setconfig) from pg_catalog.pg_db_role_setting s
        join pg_catalog.pg_database d on d.oid = s.setdatabase
        where s.setrole = r.oid and d.datname = pg_catalog.current_database()) as settings_here
    from pg_catalog.pg_roles r where r.rolname = any ($1) order by r.rolname`,
  columns: loginColumns,
  values: [LOGINS],
}

/** The settings that differ, by login and name. roles.sql never sets one for this database alone. */
export function changedSettings(rows: readonly RowOf<typeof loginColumns>[]): ChangedSetting[] {
  return rows.flatMap(({ login, note, settings, settingsHere }) => {
    const expected = notedSettings(note ?? '')
    if (expected === null) return [{ login, setting: '*', expected: null, found: null }]
    const found = new Map([...settingsOf(settings), ...settingsOf(settingsHere)])
    return [...new Set([...expected.keys(), ...found.keys()])]
      .map((setting) => ({
        login,
        setting,
        expected: expected.get(setting) ?? null,
        found: found.get(setting) ?? null,
      }))
      .filter((setting) => setting.expected !== setting.found)
  })
}

function notedSettings(note: string): Map<string, string> | null {
  const list = /\[.*\]$/.exec(note)?.[0]
  if (list === undefined) return null
  try {
    return settingsOf(JSON.parse(list) as readonly string[])
  } catch {
    // An administrator wrote another comment on the role.
    return null
  }
}

function settingsOf(settings: readonly string[]): Map<string, string> {
  return new Map(
    settings.map((setting) => {
      const at = setting.indexOf('=')
      return [setting.slice(0, at), setting.slice(at + 1)]
    }),
  )
}

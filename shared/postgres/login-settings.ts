import { json, orElse, orNull, text } from './column-types.ts'
import { columns } from './columns.ts'
import type { RowOf } from './columns.ts'
import type { Statement } from './statement.ts'
import { LOGINS } from './table-access.ts'

/** A setting of a login that is not as database/roles.sql made it. */
export interface ChangedSetting {
  readonly login: string
  /** A name, or "*" where nothing is noted at the login: roles.sql has not run. */
  readonly setting: string
  readonly expected: string | null
  readonly found: string | null
}

/** '["statement_timeout=10s"]'. */
const settingsType = orElse(json<readonly string[]>(), [])

const loginColumns = columns({
  login: text,
  /** As roles.sql wrote it, or an administrator. */
  note: orNull(text),
  settings: settingsType,
  settingsHere: settingsType,
})

/**
 * The defaults of each login, for all databases and for this one, beside what roles.sql noted. A login may change its own
 * ("alter role current_user set statement_timeout = 0"), and no right of PostgreSQL forbids that; the note it can't write.
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

/** What differs, by login and name. A setting for this database alone is never of roles.sql. */
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
    // An administrator's own words.
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

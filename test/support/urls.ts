/** The migrated database of every test server: to work in on one's own, a template on the shared one. */
export const MIGRATED = 'trickle'

/** The logins of the test server; it listens on loopback and lives as long as the run. */
export const testPasswords = {
  trickle_migrator: 'migrator',
  trickle_app: 'app',
  trickle_worker: 'worker',
  trickle_forwarder: 'forwarder',
  trickle_operator: 'operator',
  trickle_inspector: 'inspector',
} as const

export type TestRole = keyof typeof testPasswords

/** The url of one login on the server of `adminUrl`. */
export function urlOf(adminUrl: string, role: TestRole, database: string): string {
  const url = new URL(adminUrl)
  url.username = role
  url.password = testPasswords[role]
  url.pathname = `/${database}`
  return url.href
}

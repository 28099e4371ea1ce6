/** The migrated database of every test server. A file's own server uses it directly, the shared one as template. */
export const MIGRATED = 'trickle'

/** The logins of the test servers. These listen on loopback and live only as long as the run. */
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

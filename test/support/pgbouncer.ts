import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { freePort } from '../../local/ports/index.ts'
import { testPasswords } from './urls.ts'

/** Debian installs it in /usr/sbin, which is not on the path of an ordinary account. */
const programs = ['/usr/sbin', ...(process.env['PATH'] ?? '').split(delimiter)]
  .map((folder) => join(folder, 'pgbouncer'))
  .filter((file) => existsSync(file))

/** Where tools/pgbouncer/get.sh puts one that keeps track of prepared statements, if the system has none. */
const fetched = join(import.meta.dirname, '../../node_modules/.cache/pgbouncer/pgbouncer')

/** What a PgBouncer must do with named statements. From 1.21 on it keeps track of them. */
export type Tracking = 'any' | 'keeps-track'

export const hasPgBouncer = (tracking: Tracking = 'any'): boolean => programFor(tracking) !== undefined

const reasons: Readonly<Record<Tracking, string>> = {
  any: 'PgBouncer is not installed; `sudo apt-get install -y pgbouncer` brings it',
  'keeps-track':
    'no PgBouncer of version 1.21 or later is installed; `bash tools/pgbouncer/get.sh` brings it',
}

/** Adds a test that is skipped with the reason if there is no such PgBouncer. If CI is set, the test fails instead. */
export function requirePgBouncer(tracking: Tracking = 'any'): void {
  it(`has a PgBouncer to test with (${tracking})`, (context) => {
    const isDemanded = Boolean(process.env['CI'])
    context.skip(!hasPgBouncer(tracking) && !isDemanded, reasons[tracking])
    expect(hasPgBouncer(tracking)).toBe(true)
  })
}

function programFor(tracking: Tracking): string | undefined {
  if (tracking === 'any') return programs[0]
  return [...programs, fetched].find((program) => existsSync(program) && keepsTrack(program))
}

const keepsTrack = (program: string): boolean => {
  const [, major = '0', minor = '0'] =
    /^PgBouncer (\d+)\.(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' })) ?? []
  return Number(major) > 1 || Number(minor) >= 21
}

export interface PgBouncer {
  /** The url of the same login and database, through the pooler. */
  url(serverUrl: string): string
  stop(): Promise<void>
}

/**
 * A PgBouncer in transaction mode whose one server connection for each login is shared by all clients.
 * @param tracking 'keeps-track': of as many prepared statements as in Azure (infra/sizes.json).
 */
export async function startPgBouncer(serverUrl: string, tracking: Tracking = 'any'): Promise<PgBouncer> {
  const users = Object.entries(testPasswords).map(([name, password]) => `"${name}" "${password}"`)
  const ini = tracking === 'keeps-track' ? `${ONE_CONNECTION}max_prepared_statements = 200\n` : ONE_CONNECTION
  return await startPgBouncerWith(serverUrl, { ini, users: users.join('\n') }, tracking)
}

const ONE_CONNECTION = `[databases]
* = host=postgres port=5432
[pgbouncer]
auth_type = scram-sha-256
pool_mode = transaction
default_pool_size = 1
`

/**
 * A PgBouncer with a file of settings, in which address, places and port become those of this machine.
 * @param files `users`: the text of the auth_file
 */
export async function startPgBouncerWith(
  serverUrl: string,
  files: { readonly ini: string; readonly users: string },
  tracking: Tracking,
): Promise<PgBouncer> {
  const { hostname, port: serverPort } = new URL(serverUrl)
  const folder = await mkdtemp(join(tmpdir(), 'trickle-pgbouncer-'))
  const port = await freePort()
  await writeFile(join(folder, 'users.txt'), files.users)
  const settings = files.ini
    .replaceAll(/^(?:listen_addr|listen_port|unix_socket_dir|auth_file)\b.*\n/gm, '')
    .replace('host=postgres port=5432', `host=${hostname} port=${serverPort}`)
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    [
      settings,
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      `auth_file = ${join(folder, 'users.txt')}`,
      // PgBouncer refuses to run as root. It changes to this account before it reads its files.
      ...(process.getuid?.() === 0 ? ['user = nobody'] : []),
      '',
    ].join('\n'),
  )
  await chmod(folder, 0o755)
  const child = spawn(programFor(tracking) ?? 'pgbouncer', ['-q', join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString()
  })
  const ended = once(child, 'exit')
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start: ${complaint}`)
  }
  return {
    url(url) {
      const changed = new URL(url)
      changed.port = String(port)
      return changed.href
    },
    async stop() {
      // From 1.23 on, SIGTERM waits until the last client has disconnected.
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

/** Waits 20 ms, then tries once to connect. */
async function answers(port: number): Promise<boolean> {
  await new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

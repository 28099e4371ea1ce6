import { spawn } from 'node:child_process'
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
const binary = ['/usr/sbin', ...(process.env['PATH'] ?? '').split(delimiter)]
  .map((folder) => join(folder, 'pgbouncer'))
  .find((file) => existsSync(file))

export const hasPgBouncer = (): boolean => binary !== undefined

/** Adds a test that is skipped with the reason if there is no PgBouncer. If CI is set, the test fails instead. */
export function requirePgBouncer(): void {
  it('has a PgBouncer to test with', (context) => {
    const isDemanded = Boolean(process.env['CI'])
    context.skip(
      !hasPgBouncer() && !isDemanded,
      'PgBouncer is not installed; `sudo apt-get install -y pgbouncer` brings it',
    )
    expect(hasPgBouncer()).toBe(true)
  })
}

export interface PgBouncer {
  /** The url of the same login and database, through the pooler. */
  url(serverUrl: string): string
  stop(): Promise<void>
}

/** A PgBouncer in transaction mode whose one server connection for each login is shared by all clients. */
export async function startPgBouncer(serverUrl: string): Promise<PgBouncer> {
  const { hostname, port: serverPort } = new URL(serverUrl)
  const folder = await mkdtemp(join(tmpdir(), 'trickle-pgbouncer-'))
  const port = await freePort()
  const users = Object.entries(testPasswords).map(([name, password]) => `"${name}" "${password}"`)
  await writeFile(join(folder, 'users.txt'), users.join('\n'))
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    [
      '[databases]',
      `* = host=${hostname} port=${serverPort}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${join(folder, 'users.txt')}`,
      'pool_mode = transaction',
      'default_pool_size = 1',
      // PgBouncer refuses to run as root. It changes to this account before it reads its files.
      ...(process.getuid?.() === 0 ? ['user = nobody'] : []),
      '',
    ].join('\n'),
  )
  await chmod(folder, 0o755)
  const child = spawn(binary ?? 'pgbouncer', ['-q', join(folder, 'pgbouncer.ini')], {
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
      child.kill('SIGTERM')
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

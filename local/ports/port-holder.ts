import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { LocalFailure } from '../failure/index.ts'

/**
 * The process that listens on a port. Undefined for processes of other accounts, which this account may not see, and
 * on systems other than Linux.
 */
export function portHolder(port: number): { pid: number; command: string } | undefined {
  const inodes = listeningInodes(port)
  if (inodes.size === 0) return undefined
  const pid = namesOf('/proc').find((name) => /^\d+$/u.test(name) && holdsOneOf(name, inodes))
  if (pid === undefined) return undefined
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return { pid: Number(pid), command: command.slice(0, 120) }
  } catch {
    return undefined
  }
}

/** State 0A of /proc/net/tcp is LISTEN. */
const LISTEN_STATE = '0A'

function listeningInodes(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text = ''
    try {
      text = readFileSync(table, 'utf8')
    } catch {
      continue
    }
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/u)
      if (fields[3] === LISTEN_STATE && fields[1]?.endsWith(`:${wanted}`) && fields[9]) inodes.add(fields[9])
    }
  }
  return inodes
}

function namesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  return namesOf(`/proc/${pid}/fd`).some((descriptor) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`)
      return target.startsWith('socket:[') && inodes.has(target.slice('socket:['.length, -1))
    } catch {
      return false
    }
  })
}

/** The failure for a taken port: it names the port, the process that holds it if known, and the option to change it. */
export function portTaken(port: number, wantedFor: string, option?: string): LocalFailure {
  const holder = portHolder(port)
  const by = holder ? ` by process ${holder.pid} (${holder.command})` : ' by another program'
  const other = option ? `, or choose another port with ${option} N (0 picks a free one)` : ''
  return new LocalFailure({
    code: 'PORT_TAKEN',
    what: `Port ${port}, wanted for ${wantedFor}, is taken${by}.`,
    where: `127.0.0.1:${port}`,
    mend: `${holder ? `End process ${holder.pid}` : 'End the program that uses it'}${other}.`,
  })
}

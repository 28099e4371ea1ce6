import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { LocalFailure } from '../failure/index.ts'

/** The account that the server's programs run under when the run itself was started by root. */
export interface ServerAccount {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root; this account exists on every Unix and owns nothing. */
const UNPRIVILEGED_NAME = 'nobody'

/**
 * The account to run the server under; undefined means the current account. No account is ever made.
 * @throws LocalFailure PERMISSION_MISSING when root has no unprivileged account to use
 */
export function serverAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${UNPRIVILEGED_NAME}:`))
  const [name, , uid, gid] = line?.split(':') ?? []
  if (name === undefined || !Number.isInteger(Number(uid)) || !Number.isInteger(Number(gid))) {
    throw new LocalFailure({
      code: 'PERMISSION_MISSING',
      what: `PostgreSQL does not run as root, and there is no account "${UNPRIVILEGED_NAME}" to run it under.`,
      where: '/etc/passwd',
      mend: 'Start as an ordinary user, or add the account.',
    })
  }
  return { name, uid: Number(uid), gid: Number(gid) }
}

/** Options for spawn to run a program under the account. The working folder is one that every account may enter. */
export function spawnIdentity(account: ServerAccount | undefined): {
  uid?: number
  gid?: number
  cwd: string
} {
  return account ? { uid: account.uid, gid: account.gid, cwd: '/' } : { cwd: '/' }
}

/** Whether the account can enter a folder. A real `cd` tests this: access lists and mounts count, not only modes. */
export function canEnter(account: ServerAccount, folder: string): boolean {
  const answer = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', resolve(folder)], {
    ...spawnIdentity(account),
    stdio: 'ignore',
  })
  return answer.status === 0
}

/** Whether the account can run a program from its present place, and load its libraries. */
export function canRun(account: ServerAccount, program: string): boolean {
  const answer = spawnSync(program, ['--version'], { ...spawnIdentity(account), stdio: 'ignore' })
  return answer.status === 0
}

/** The topmost folder on the way to `path` that other accounts cannot enter, to name it in messages. */
export function closedFolder(path: string): string | undefined {
  const othersMayEnter = 0o001
  const way: string[] = []
  for (let folder = resolve(path); !way.includes(folder); folder = dirname(folder)) way.push(folder)
  return way.toReversed().find((folder) => {
    const facts = statSync(folder, { throwIfNoEntry: false })
    return facts?.isDirectory() === true && (facts.mode & othersMayEnter) === 0
  })
}

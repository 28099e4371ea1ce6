import { LocalFailure } from '../failure/index.ts'
import type { LocalFailureCode } from '../failure/index.ts'
import { freeBytes } from '../folder/index.ts'
import { portTaken } from '../ports/index.ts'

/** What is known about a program of PostgreSQL that gave up. */
interface FailedProgram {
  /** What failed, such as "PostgreSQL 18 did not start". */
  readonly what: string
  /** Everything it wrote since it was started. */
  readonly output: string
  readonly dataFolder: string
  readonly logFile: string
  readonly port: number
}

interface Sign {
  readonly pattern: RegExp
  readonly code: LocalFailureCode
  readonly mend: string
}

const FRESH_MEND =
  'Restore it from a copy, or give up its events and start with an empty one by --fresh (clears analytics and storage too).'

/** Messages of PostgreSQL (lc_messages is C, so they are English), the clearest reasons first. */
const signs: readonly Sign[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/u,
    code: 'DISK_FULL',
    mend: 'Free some space there, or use a folder on another disk with --home DIR.',
  },
  {
    pattern: /lock file "postmaster\.pid" already exists|pre-existing shared memory block/u,
    code: 'DATA_FOLDER_IN_USE',
    mend: 'Stop the other server first (npx trickle stop), then start again.',
  },
  {
    pattern: /database files are incompatible with server|initialized by PostgreSQL version/u,
    code: 'DATA_FOLDER_OTHER_VERSION',
    mend: `Use the version that made it. ${FRESH_MEND}`,
  },
  {
    pattern:
      /wrong ownership|Permission denied|invalid permissions|Operation not permitted|Read-only file system/u,
    code: 'PERMISSION_MISSING',
    mend: 'Start under the account that owns the folder, or give it to the account that starts (chown -R).',
  },
  {
    pattern: /could not map anonymous shared memory|Cannot allocate memory|could not create shared memory/u,
    code: 'MEMORY_SHORT',
    mend: 'Free some memory, or lower shared_buffers in the settings table of local/postgres.',
  },
  {
    pattern:
      /PANIC|could not (open|read|locate|find|access) |invalid (primary )?checkpoint|pg_control|not a database cluster|is not a valid data directory|is missing or erroneous|invalid data in|corrupt/u,
    code: 'DATA_FOLDER_BROKEN',
    mend: FRESH_MEND,
  },
]

/** Turns the last words of initdb or postgres into a failure that a person can mend. */
export function explain(failed: FailedProgram): LocalFailure {
  if (/could not bind IPv4 address|could not create any TCP\/IP sockets/u.test(failed.output)) {
    return portTaken(failed.port, 'PostgreSQL', '--postgres-port')
  }
  const sign = signs.find((candidate) => candidate.pattern.test(failed.output))
  const words = tellingLines(failed.output)
  const freeMebibytes = Math.floor(freeBytes(failed.dataFolder) / 1024 / 1024)
  return new LocalFailure({
    code: sign?.code ?? 'SERVER_FAILED',
    what: `${failed.what}${words === '' ? ' and said nothing.' : `: ${words}`}`,
    where:
      sign?.code === 'DISK_FULL' ? `${failed.dataFolder} (${freeMebibytes} MiB free)` : failed.dataFolder,
    mend: `${sign?.mend ?? 'Look into its log.'} Log: ${failed.logFile}`,
  })
}

/** The lines that tell the reason, without time stamps: the last lines with an error, otherwise the last lines. */
function tellingLines(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\d\d-\d\d [^[]*\[\d+\] */u, '').trim())
    .filter((line) => line !== '')
  const fatal = lines.filter((line) => /FATAL|PANIC|error:|could not/u.test(line))
  return (fatal.length > 0 ? fatal : lines).slice(-3).join(' | ')
}

import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileFailure, LocalFailure } from '../failure/index.ts'
import { makeFolder } from '../folder/index.ts'

/** The paths of the files and folders in a home. */
export interface Home {
  readonly folder: string
  /** Facts about the current run. The file exists only while there is a run. */
  readonly runFile: string
  readonly portsFile: string
  readonly secretsFile: string
  readonly logs: string
  readonly postgres: string
  readonly storage: string
  readonly analytics: string
  readonly serviceBus: string
  readonly issuer: string
  /** Keys and schedules of the public app's host. */
  readonly host: string
  readonly backgroundHost: string
  /** The bundle that is served; `appFile` has the hash of what it was built from. */
  readonly app: string
  /** Where `--watch` builds the next one. */
  readonly appNext: string
  readonly appFile: string
}

const MARKER_NAME = 'trickle-home.json'

export function homeAt(folder: string): Home {
  const at = (name: string): string => join(resolve(folder), name)
  return {
    folder: resolve(folder),
    runFile: at('run.json'),
    portsFile: at('ports.json'),
    secretsFile: at('secrets.json'),
    logs: at('logs'),
    postgres: at('postgres'),
    storage: at('storage'),
    analytics: at('analytics'),
    serviceBus: at('service-bus'),
    issuer: at('issuer'),
    host: at('host'),
    backgroundHost: at('background-host'),
    app: at('app'),
    appNext: at('app-next'),
    appFile: at('app.json'),
  }
}

/**
 * Makes a home where there is none, and checks that it is one.
 * @throws LocalFailure NOT_A_HOME, PERMISSION_MISSING, DISK_FULL
 */
export function openHome(folder: string): Home {
  const home = homeAt(folder)
  assertNotForeign(home)
  // Closed to other accounts. If root runs this, others may pass through: PostgreSQL's account has to reach its data.
  makeFolder(home.folder, process.getuid?.() === 0 ? 0o711 : 0o700)
  for (const folder of [
    home.logs,
    home.storage,
    home.analytics,
    home.serviceBus,
    home.issuer,
    home.host,
    home.backgroundHost,
  ]) {
    makeFolder(folder, 0o700)
    closeFolder(folder)
  }
  const marker = join(home.folder, MARKER_NAME)
  try {
    if (!existsSync(marker))
      writeFileSync(marker, JSON.stringify({ kind: 'trickle-home', layout: 1 }), { mode: 0o600 })
    else readFileSync(marker)
    // Checks that this account may write there, before anything is started.
    writeFileSync(join(home.logs, 'run.log'), '', { flag: 'a', mode: 0o600 })
  } catch (error) {
    throw fileFailure(error, home.folder) ?? error
  }
  return home
}

/** Refuses a folder that is not a home but has files with our names: `--home local` would write among the sources. */
function assertNotForeign(home: Home): void {
  const names = namesIn(home.folder)
  if (names.includes(MARKER_NAME)) return
  const ours = Object.values(home).map((path) => path.slice(home.folder.length + 1))
  const clash = names.find((name) => ours.includes(name))
  if (clash === undefined) return
  throw new LocalFailure({
    code: 'NOT_A_HOME',
    what: `The folder is no home of a local run, and holds "${clash}" already, a name that a home uses.`,
    where: home.folder,
    mend: 'Choose another folder with --home DIR.',
  })
}

function namesIn(folder: string): string[] {
  try {
    return existsSync(folder) ? readdirSync(folder) : []
  } catch (error) {
    throw fileFailure(error, folder) ?? error
  }
}

/** Closes a folder to others. If an older version made it, the folder may be open, and so may the files in it. */
function closeFolder(folder: string): void {
  try {
    chmodSync(folder, 0o700)
  } catch (error) {
    throw fileFailure(error, folder) ?? error
  }
}

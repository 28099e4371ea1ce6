import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { martenIn } from './marten.ts'
import { installedVersion, installPeers } from './npm.ts'
import type { Found, PeerPackage } from './npm.ts'
import { pgbenchVersion } from './pgbench.ts'
import { wrkVersion } from './wrk.ts'

/** Where each tool is, or why it is left out. */
export interface PeerTools {
  /** The folder that holds node_modules. */
  readonly emmett: Found<string>
  /** The folder of its SQL. */
  readonly messageDb: Found<string>
  /** Its version. Its place is not needed, since it is found on the path. */
  readonly pgbench: Found<string>
  /** Its version; it is found on the path, too. */
  readonly wrk: Found<string>
  /** The compiled program. */
  readonly marten: Found<string>
}

export interface LocateOptions {
  /** Where the packages of the peers are, or are to be installed. */
  readonly folder: string
  /** False: tools that are not there are left out. */
  readonly install: boolean
  /** The `database` folder of message-db, if the caller has one. It is used instead of the package. */
  readonly messageDbFolder: string | undefined
  /** Marten must be compiled before its use. False: it is not compiled, since no part of the run needs it. */
  readonly needsMarten: boolean
}

const EMMETT: PeerPackage = '@event-driven-io/emmett-postgresql'
const MESSAGE_DB: PeerPackage = '@eventide/message-db'

export async function locateTools(options: LocateOptions): Promise<PeerTools> {
  const failure = options.install
    ? await installPeers(options.folder)
    : 'nothing is installed by --no-install'
  const version = await pgbenchVersion()
  const wrk = await wrkVersion()
  return {
    emmett: await packageIn(options.folder, EMMETT, failure),
    messageDb: await messageDbOf(options, failure),
    pgbench:
      version === null
        ? { missing: 'pgbench is not on the path (Debian: apt-get install postgresql-contrib)' }
        : { place: version },
    wrk: wrk === null ? { missing: 'wrk is not on the path (Debian: apt-get install wrk)' } : { place: wrk },
    marten: options.needsMarten
      ? await martenIn(options.folder, options.install)
      : { missing: 'no part needs it' },
  }
}

async function packageIn(folder: string, name: PeerPackage, failure: string | null): Promise<Found<string>> {
  const version = await installedVersion(folder, name)
  return version === null
    ? { missing: `${name} is not in ${folder}: ${failure ?? 'npm did not say why'}` }
    : { place: folder }
}

async function messageDbOf(options: LocateOptions, failure: string | null): Promise<Found<string>> {
  const given = options.messageDbFolder
  if (given !== undefined) {
    const hasSql = existsSync(join(given, 'functions', 'write-message.sql'))
    return hasSql ? { place: given } : { missing: `${given} holds no functions/write-message.sql` }
  }
  const found = await packageIn(options.folder, MESSAGE_DB, failure)
  return 'place' in found ? { place: join(options.folder, 'node_modules', MESSAGE_DB, 'database') } : found
}

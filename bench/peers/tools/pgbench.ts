import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { cpuForEach, readCpu } from '../../measure/index.ts'
import type { Sample, Watched } from '../../measure/index.ts'
import { APPEND_STREAMS, makeEvent } from '../../stage/index.ts'
import type { BenchServer } from '../../stage/index.ts'

/** `prepared`: a statement is parsed once for each connection. `simple`: it is parsed and planned each time. */
export type PgbenchMode = 'prepared' | 'simple'

const STOP_WITHIN_MS = 60_000

/** A turn that inserted nothing is repeated, four times as long. */
const ATTEMPTS_MAX = 3

/** The distance between the first versions of two turns. More than a turn can insert, so no version is used twice. */
const VERSIONS_PER_TURN = 10_000_000_000

/**
 * More than the clients of any run. A row's version is its client's own count times this, plus the client's number: so
 * two clients never use the same version.
 */
const CLIENTS_MAX = 256

/** The version of pgbench, or null when it is not on the path. */
export async function pgbenchVersion(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('pgbench', ['--version'], { timeout: STOP_WITHIN_MS })
    return stdout.trim()
  } catch {
    return null
  }
}

/**
 * pgbench inserts one row in each transaction into the bare table, with the app's login. It is the row of an append:
 * the server makes its id, and parses its JSON from text each time, as with ours. Each client uses one tenant only,
 * because pgbench can't choose among texts without a round trip.
 */
export class Pgbench {
  readonly #server: BenchServer
  readonly #url: string
  readonly #scripts: Readonly<Record<PgbenchMode, string>>
  #turn = 0

  private constructor(server: BenchServer, url: string, scripts: Readonly<Record<PgbenchMode, string>>) {
    this.#server = server
    this.#url = url
    this.#scripts = scripts
  }

  static async open(
    server: BenchServer,
    tenants: readonly TenantContext[],
    scratchFolder: string,
    via: (url: string) => string = (url) => url,
  ): Promise<Pgbench> {
    const scripts = {
      prepared: join(scratchFolder, 'prepared.sql'),
      simple: join(scratchFolder, 'simple.sql'),
    }
    await writeFile(
      scripts.prepared,
      scriptOf(tenants, (name) => `:${name}`),
    )
    await writeFile(
      scripts.simple,
      scriptOf(tenants, (name) => `':${name}'`),
    )
    return new Pgbench(server, via(server.url('trickle_app')), scripts)
  }

  /** One turn. The value is the rows a second that pgbench itself reports, without the time to connect. */
  async turn(mode: PgbenchMode, clients: number, durationMs: number): Promise<Sample> {
    const watched: Record<string, Watched> = {
      client: { kind: 'ended-children' },
      server: { kind: 'family', pid: this.#server.pid },
    }
    let seconds = Math.max(1, Math.round(durationMs / 1_000))
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const before = readCpu(watched)
      const { rowsPerSecond, rows } = readOutput(await this.#run(mode, clients, seconds))
      if (rows > 0) return { value: rowsPerSecond, cpuMicros: cpuForEach(before, readCpu(watched), rows) }
      // pgbench's clock runs while it connects: on a busy machine no time may be left for inserting.
      seconds *= 4
    }
    throw new Error('pgbench inserted nothing: it could not connect in time')
  }

  async #run(mode: PgbenchMode, clients: number, seconds: number): Promise<string> {
    this.#turn += 1
    const login = new URL(this.#url)
    const { data, metadata } = makeEvent(this.#turn)
    const variables = {
      n: 0,
      turn: this.#turn,
      start: this.#turn * VERSIONS_PER_TURN,
      data: JSON.stringify(data),
      metadata: JSON.stringify(metadata),
    }
    const args = [
      '--no-vacuum',
      `--file=${this.#scripts[mode]}`,
      `--protocol=${mode}`,
      `--client=${clients}`,
      '--jobs=2',
      `--time=${seconds}`,
      ...Object.entries(variables).map(([name, value]) => `--define=${name}=${value}`),
      `--host=${login.hostname}`,
      `--port=${login.port}`,
      `--username=${login.username}`,
      login.pathname.slice(1),
    ]
    const { stdout } = await promisify(execFile)('pgbench', args, {
      env: { ...process.env, PGPASSWORD: login.password, PGOPTIONS: '' },
      timeout: seconds * 1_000 + STOP_WITHIN_MS,
    })
    return stdout
  }
}

function scriptOf(tenants: readonly TenantContext[], value: (name: string) => string): string {
  const ids = tenants.map((tenant) => `'${tenant.tenantId}'`).join(', ')
  return `\\set n :n + 1
\\if :n = 1
\\set slot 1 + mod(:client_id + :turn, ${tenants.length})
select (array[${ids}])[:slot] as tenant \\gset
\\endif
\\set stream random(100001, ${100_000 + APPEND_STREAMS})
\\set version :start + :n * ${CLIENTS_MAX} + :client_id
insert into bench_bare.events
    (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data, metadata)
  values (${value('tenant')}, ${value('stream')}, :version, gen_random_uuid()::text, 'OrderPlaced',
    clock_timestamp(), clock_timestamp(), ${value('data')}, ${value('metadata')});
`
}

/**
 * Reads rows and rate. If no row was inserted, this is no failure, and there is no rate.
 * @throws Error when pgbench did not say how many rows it has inserted, or when some failed
 */
export function readOutput(stdout: string): { rowsPerSecond: number; rows: number } {
  const rows = Number(/^number of transactions actually processed: (\d+)/m.exec(stdout)?.[1])
  const rate = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1])
  const failed = /^number of failed transactions: (\d+)/m.exec(stdout)?.[1] ?? '0'
  if (rows === 0) return { rows, rowsPerSecond: 0 }
  if (Number.isNaN(rows) || Number.isNaN(rate) || failed !== '0') {
    throw new Error(`pgbench did not insert all rows: ${stdout.slice(0, 500)}`)
  }
  return { rows, rowsPerSecond: rate }
}

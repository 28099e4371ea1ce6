import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { LocalFailure, systemCode } from '../failure/index.ts'
import { freePort, isPortFree, portTaken } from '../ports/index.ts'
import { readJson, writePrivateJson } from './files.ts'
import type { Home } from './home.ts'

export interface RunPorts {
  /** Of the public app. */
  readonly functions: number
  readonly background: number
  readonly postgres: number
  readonly issuer: number
  readonly blob: number
  readonly queue: number
  readonly analytics: number
  /** AMQP. */
  readonly serviceBus: number
  readonly serviceBusFaults: number
}

export type PortName = keyof RunPorts

const rememberedSchema = z.record(z.string(), z.int().min(1).max(65_535))

/**
 * Below the range that systems use for outgoing connections (32768 and up on Linux). At a later start, a port of that
 * range could be in use by a connection.
 */
const [firstPort, lastPort] = [20_000, 29_999]

/** Ports that a person asked for by number. 0: a free port is picked. Undefined: no port is needed. */
export interface AskedPorts {
  readonly functions: number
  readonly background: number
  readonly postgres: number | undefined
  readonly serviceBus: number
}

/**
 * The ports of a run. A port that was asked for must be free. The others are picked once and kept in the home, so that
 * addresses stay the same from start to start. If another program has taken such a port, a new one is picked.
 * @throws LocalFailure PORT_TAKEN, PERMISSION_MISSING
 */
export async function choosePorts(home: Home, asked: AskedPorts): Promise<RunPorts> {
  const remembered = readJson(home.portsFile, rememberedSchema) ?? {}
  const taken = new Set<number>([asked.functions, asked.background, asked.postgres ?? 0, asked.serviceBus])
  const keep = async (name: PortName): Promise<number> => {
    const known = remembered[name]
    const port =
      known !== undefined && !taken.has(known) && (await isPortFree(known)) ? known : await pickPort(taken)
    taken.add(port)
    return port
  }
  if (asked.functions !== 0) await assertFree(asked.functions, 'the public app', '--port')
  if (asked.background !== 0) await assertFree(asked.background, 'the background app', '--background-port')
  if (asked.postgres !== undefined && asked.postgres !== 0) {
    await assertFree(asked.postgres, 'PostgreSQL', '--postgres-port')
  }
  if (asked.serviceBus !== 0) await assertFree(asked.serviceBus, 'Service Bus', '--service-bus-port')
  const ports: RunPorts = {
    functions: asked.functions === 0 ? await keep('functions') : asked.functions,
    background: asked.background === 0 ? await keep('background') : asked.background,
    postgres: asked.postgres === 0 ? await keep('postgres') : (asked.postgres ?? 0),
    issuer: await keep('issuer'),
    blob: await keep('blob'),
    queue: await keep('queue'),
    analytics: await keep('analytics'),
    serviceBus: asked.serviceBus === 0 ? await keep('serviceBus') : asked.serviceBus,
    serviceBusFaults: await keep('serviceBusFaults'),
  }
  const toRemember = Object.entries({ ...remembered, ...ports }).filter(([, port]) => port !== 0)
  writePrivateJson(home.portsFile, Object.fromEntries(toRemember))
  return ports
}

const ATTEMPTS = 50

async function pickPort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(firstPort, lastPort + 1)
    if (!taken.has(port) && (await isPortFree(port))) return port
  }
  return await freePort()
}

async function assertFree(port: number, wantedFor: string, option: string): Promise<void> {
  try {
    if (await isPortFree(port)) return
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error
    throw new LocalFailure({
      code: 'PERMISSION_MISSING',
      what: `This account may not listen on port ${port}, wanted for ${wantedFor}.`,
      where: `127.0.0.1:${port}`,
      mend: `Choose a port above 1023 with ${option} N (0 picks a free one).`,
      cause: error,
    })
  }
  throw portTaken(port, wantedFor, option)
}

/** The same number as in PostgreSQL's own start. That many failures in a row have another reason. */
const STARTS_ON_PICKED_PORTS = 5

/**
 * The ports of a run while its parts start. Another program may take a port after it was checked and before the part
 * listens on it. Then other ports are picked, unless a person asked for this port.
 */
export class PortsOfRun {
  readonly #home: Home
  readonly #asked: AskedPorts
  #current: RunPorts

  private constructor(home: Home, asked: AskedPorts, current: RunPorts) {
    this.#home = home
    this.#asked = asked
    this.#current = current
  }

  /** @throws LocalFailure as choosePorts */
  static async choose(home: Home, asked: AskedPorts): Promise<PortsOfRun> {
    return new PortsOfRun(home, asked, await choosePorts(home, asked))
  }

  get current(): RunPorts {
    return this.#current
  }

  /**
   * Starts a part that listens on the named ports, with other ports if these are taken. Only for the first start of a
   * part: later starts must keep the addresses that the other parts know.
   * @throws LocalFailure PORT_TAKEN for a port that was asked for; what `start` throws
   */
  async startOn<T>(names: readonly PortName[], start: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await start()
      } catch (error) {
        const isTaken = error instanceof LocalFailure && error.code === 'PORT_TAKEN'
        if (!isTaken || attempt === STARTS_ON_PICKED_PORTS || names.some((name) => this.#isAskedFor(name)))
          throw error
        await this.#pickAgain(names)
      }
    }
  }

  #isAskedFor(name: PortName): boolean {
    const { functions, background, postgres = 0, serviceBus } = this.#asked
    const asked: Partial<Record<PortName, number>> = { functions, background, postgres, serviceBus }
    return (asked[name] ?? 0) !== 0
  }

  async #pickAgain(names: readonly PortName[]): Promise<void> {
    const taken = new Set(Object.values(this.#current) as number[])
    for (const name of names) {
      const port = await pickPort(taken)
      taken.add(port)
      this.#current = { ...this.#current, [name]: port }
    }
    const toRemember = Object.entries(this.#current).filter(([, port]) => port !== 0)
    writePrivateJson(this.#home.portsFile, Object.fromEntries(toRemember))
  }
}

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cpuForEach, readCpu } from '../../measure/index.ts'
import type { Sample, Watched } from '../../measure/index.ts'

/** wrk ends by itself after the turn's time. This is for one that does not. */
const STOP_WITHIN_MS = 120_000

/** Whether wrk is on the path. It has no option that prints only its version, and ends with 1. */
export async function wrkVersion(): Promise<string | null> {
  try {
    await promisify(execFile)('wrk', ['--version'], { timeout: STOP_WITHIN_MS })
    return 'wrk'
  } catch (error) {
    const { code, stdout = '' } = error as { readonly code?: unknown; readonly stdout?: string }
    return code === 'ENOENT' ? null : (stdout.split(' [')[0]?.trim() ?? 'wrk')
  }
}

/** Requests whose path ends in a number that changes with each, and whose bodies take turns. */
export interface WrkRequests {
  readonly method: 'GET' | 'POST'
  /** The path is `before`, a number below `numbers`, and `after`. */
  readonly before: string
  readonly numbers: number
  readonly after: string
  readonly token?: string
  readonly bodies: readonly string[]
}

export interface WrkTurn extends Sample {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** One thread of wrk: a client that costs little beside the server that it asks. */
export class Wrk {
  readonly #name: string
  readonly #url: string
  readonly #script: string

  private constructor(name: string, url: string, script: string) {
    this.#name = name
    this.#url = url
    this.#script = script
  }

  static async open(url: string, scratchFolder: string, name: string, requests: WrkRequests): Promise<Wrk> {
    const script = join(scratchFolder, `${name}.lua`)
    await writeFile(script, scriptOf(requests))
    return new Wrk(name, url, script)
  }

  /** @throws Error when a request failed: failed ones are fast, and would make the rate look better. */
  async turn(
    callers: number,
    durationMs: number,
    watched: Readonly<Record<string, Watched>>,
  ): Promise<WrkTurn> {
    const before = readCpu(watched)
    // wrk takes whole seconds.
    const duration = `${Math.ceil(durationMs / 1_000)}s`
    const load = ['--threads', '1', '--connections', String(callers), '--duration', duration]
    const args = [...load, '--latency', '--script', this.#script, this.#url]
    const { stdout } = await promisify(execFile)('wrk', args, { timeout: STOP_WITHIN_MS })
    const { requests, ...read } = this.#read(stdout)
    return { ...read, cpuMicros: cpuForEach(before, readCpu(watched), requests) }
  }

  #read(output: string): ReturnType<typeof readWrk> {
    try {
      return readWrk(output)
    } catch (error) {
      throw new Error(`${this.#name} at ${this.#url} can't be measured`, { cause: error })
    }
  }
}

/** Reads what wrk printed. @throws Error when requests failed, or it is not wrk's text. */
export function readWrk(output: string): {
  readonly requests: number
  readonly value: number
  readonly p50Ms: number
  readonly p99Ms: number
} {
  const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(output)
  if (failed !== null) throw new Error(`wrk had failures: ${failed[0]}`)
  const numberAfter = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? Number.NaN)
  const read = {
    requests: numberAfter(/(\d+) requests in /),
    value: numberAfter(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: latencyMs(output, '50%'),
    p99Ms: latencyMs(output, '99%'),
  }
  if (Object.values(read).some(Number.isNaN)) throw new Error(`this is not the output of wrk: ${output}`)
  return read
}

const msOf = { us: 0.001, ms: 1, s: 1_000 } as const

function latencyMs(output: string, percentile: string): number {
  const [, amount, unit] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)\\b`).exec(output) ?? []
  return Number(amount) * msOf[unit as keyof typeof msOf]
}

/** Each run of wrk begins at another number, so that two turns don't append to the streams in the same order. */
function scriptOf({ method, before, numbers, after, token, bodies }: WrkRequests): string {
  const headers = [
    ...(token === undefined ? [] : [`["Authorization"] = "Bearer ${token}"`]),
    ...(bodies.length === 0 ? [] : ['["Content-Type"] = "application/json"']),
  ]
  return `
local headers = { ${headers.join(', ')} }
local bodies = { ${bodies.map((body) => `[==[${body}]==]`).join(', ')} }
local number = os.time() * 7919
request = function()
  number = number + 1
  local path = "${before}" .. string.format("%d", number % ${numbers}) .. "${after}"
  return wrk.format("${method}", path, headers, bodies[number % math.max(#bodies, 1) + 1])
end
`
}

import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Evidence } from '../../../cli/azure/evidence/index.ts'
import { startStandIn } from './resource-manager-stand-in.ts'
import { trialAnswers, trialValues } from './trial-deployment.ts'

const repository = join(import.meta.dirname, '..', '..', '..')

export interface Ended {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** A deployment of the size trial behind stand-ins, and the command as a person calls it. */
export class EvidenceBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'trickle-evidence-'))
  /** What Azure, Entra and the app answer; a test changes it. */
  readonly answers = trialAnswers()
  /** What the azd environment holds. */
  values: Record<string, string> = {}
  #standIn: Awaited<ReturnType<typeof startStandIn>> | undefined

  static async start(): Promise<EvidenceBench> {
    const bench = new EvidenceBench()
    bench.#standIn = await startStandIn(bench.answers)
    const { url } = bench.standIn
    bench.values = { ...trialValues, SERVICE_API_URI: url }
    const issuer = 'https://login.example.com/{tenantid}/v2.0'
    bench.answers['/common/v2.0/.well-known/openid-configuration'] = {
      body: { issuer, jwks_uri: `${url}/keys` },
    }
    bench.answers['/keys'] = { body: { keys: [{ issuer }] } }
    return bench
  }

  get standIn(): Awaited<ReturnType<typeof startStandIn>> {
    if (this.#standIn === undefined) throw new Error('the bench was not started')
    return this.#standIn
  }

  async stop(): Promise<void> {
    await this.standIn.close()
    rmSync(this.folder, { recursive: true })
  }

  /** azd, as far as it is asked: it prints the values of its environment. */
  installAzd(script = `cat '${join(this.folder, 'values.json')}'`): void {
    writeFileSync(join(this.folder, 'values.json'), JSON.stringify(this.values))
    const file = join(this.folder, 'azd')
    writeFileSync(file, `#!/bin/sh\necho "$*" > '${join(this.folder, 'words')}'\n${script}\n`)
    chmodSync(file, 0o755)
  }

  /** With which words azd was called last. */
  get wordsOfAzd(): string {
    return readFileSync(join(this.folder, 'words'), 'utf8')
  }

  run(words: readonly string[] = [], variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const { url } = this.standIn
    const env = {
      ...process.env,
      TRICKLE_TOKEN: '',
      TRICKLE_OPERATOR_TOKEN: '',
      ...variables,
      PATH: `${this.folder}${delimiter}${process.env['PATH'] ?? ''}`,
    }
    const all = ['azure', 'evidence', '--within', '0', '--management-url', url, '--entra-url', url, ...words]
    return new Promise((resolve) => {
      execFile(process.execPath, ['cli/main.ts', ...all], { cwd: repository, env }, (error, out, told) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, error: told }),
      )
    })
  }
}

export const evidenceOf = ({ out }: Ended): Evidence => JSON.parse(out) as Evidence

export const unknown = (found: Evidence, number: number) =>
  found.unknowns.find((one) => one.number === number)

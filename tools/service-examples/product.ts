import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { signToken } from '../../local/issuer/index.ts'
import { homeAt } from '../../local/run/index.ts'
import type { Product } from './run-example.ts'

export interface RunningProduct extends Product {
  /** Of the tenant `acme`, as writer and reader. */
  readonly tenantToken: string
  /** The connection string of Service Bus. */
  readonly serviceBus: string
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const statusSchema = z.looseObject({
  url: z.string(),
  background: z.looseObject({ url: z.string() }),
  serviceBus: z.string(),
})
/** Longer than the programs take, even if they must be compiled first. */
const TOKEN_SECONDS = 3_600

/** Starts the product in a folder of its own, works with it, and ends it again, whatever happens. */
export async function withProduct(work: (product: RunningProduct) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'trickle-examples-'))
  // If this process runs as root, PostgreSQL runs as another account, which must be able to enter the folder.
  await chmod(home, 0o711)
  const trickle = (...words: string[]) =>
    promisify(execFile)(process.execPath, ['cli/main.ts', ...words, '--home', home], { cwd: repository })
  const token = (roles: string[], tenant?: string) =>
    signToken(homeAt(home).issuer, {
      roles,
      expiresInSeconds: TOKEN_SECONDS,
      subject: 'examples',
      ...(tenant === undefined ? {} : { tenant }),
    })
  // If a signal ends this run, the product is stopped, too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      spawnSync(process.execPath, ['cli/main.ts', 'stop', '--home', home], { cwd: repository })
      process.exit(1)
    })
  }
  try {
    await trickle('start', '--port', '0', '--postgres-port', '0', '--detach')
    const status: unknown = JSON.parse((await trickle('status', '--json')).stdout)
    const { url, background, serviceBus } = statusSchema.parse(status)
    await work({
      url,
      operatorUrl: background.url,
      operatorToken: await token(['operator']),
      serviceToken: await token(['service', 'writer', 'reader']),
      tenantToken: await token(['writer', 'reader'], 'acme'),
      serviceBus,
    })
  } finally {
    // If the product did not start, `stop` fails. This is ignored, so that the failure to start is reported.
    await trickle('stop').catch(() => {})
    await rm(home, { recursive: true, force: true })
  }
}

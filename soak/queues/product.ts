import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const WAIT_MS = 250
const READY_WITHIN_MS = 180_000

const statusSchema = z.looseObject({
  ready: z.boolean(),
  serviceBus: z.string(),
  background: z.looseObject({ hostPid: z.number().nullable() }),
  processes: z.array(z.object({ name: z.string(), pid: z.number() })),
  postgres: z.looseObject({ inspector: z.string() }),
  faults: z.looseObject({ serviceBus: z.string() }),
})

export type ProductStatus = z.output<typeof statusSchema>

const countsSchema = z.looseObject({
  queues: z.array(z.object({ queue: z.string(), messages: z.number(), deadLetters: z.number() })),
})

/** The product as a user runs it, in a folder of its own and on free ports. */
export class Product {
  readonly home: string

  private constructor(home: string) {
    this.home = home
  }

  static async start(): Promise<Product> {
    const home = await mkdtemp(join(tmpdir(), 'trickle-queue-soak-'))
    // PostgreSQL may run as another account, which must be able to enter the folder.
    await chmod(home, 0o711)
    const product = new Product(home)
    await product.trickle('start', '--port', '0', '--postgres-port', '0', '--detach')
    return product
  }

  async trickle(...args: string[]): Promise<string> {
    const { stdout } = await run(process.execPath, ['cli/bin.mjs', ...args, '--home', this.home], {
      cwd: repository,
      maxBuffer: 67_108_864,
    })
    return stdout
  }

  async status(): Promise<ProductStatus> {
    return statusSchema.parse(JSON.parse(await this.trickle('status', '--json')))
  }

  /** After something was killed: the local run starts it again. @throws Error when that takes too long */
  async ready(): Promise<ProductStatus> {
    const until = Date.now() + READY_WITHIN_MS
    for (;;) {
      const text = await this.trickle('status', '--json').catch(() => '{}')
      const status = statusSchema.safeParse(JSON.parse(text))
      if (status.success && status.data.ready) return status.data
      if (Date.now() > until) throw new Error(`the product is not ready again after ${READY_WITHIN_MS} ms`)
      await delay(WAIT_MS)
    }
  }

  async disturb(plan: object): Promise<void> {
    const { faults } = await this.status()
    const response = await fetch(faults.serviceBus, { method: 'POST', body: JSON.stringify(plan) })
    if (!response.ok) throw new Error(`the broker refuses the faults: ${await response.text()}`)
  }

  /** Messages and dead letters of each queue. */
  async counts(): Promise<ReadonlyMap<string, { readonly messages: number; readonly deadLetters: number }>> {
    const { faults } = await this.status()
    const response = await fetch(faults.serviceBus)
    const { queues } = countsSchema.parse(await response.json())
    return new Map(queues.map(({ queue, ...counts }) => [queue, counts]))
  }

  async stop(): Promise<void> {
    await this.trickle('stop')
    await rm(this.home, { recursive: true, force: true })
  }
}

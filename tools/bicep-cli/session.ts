import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { z } from 'zod'

/** What a snapshot assumes of the deployment. The same everywhere, or the names that follow from it would differ. */
export const assumed = {
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  tenantId: '00000000-0000-4000-8000-000000000002',
  location: 'westeurope',
  deploymentName: 'main',
} as const

/** The CLI has refused: a template that does not compile, or one whose own conditions refuse the parameters. */
export class BicepRefused extends Error {}

const answerSchema = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string(), data: z.object({ message: z.string() }).nullish() }).optional(),
})

const compiledSchema = z.object({
  success: z.boolean(),
  diagnostics: z.array(z.object({ level: z.string(), code: z.string(), message: z.string() })),
  /** The compiled template. */
  contents: z.string().nullish(),
  /** Of a file of parameters: their values, in the form of Resource Manager. */
  parameters: z.string().nullish(),
})
export type Compiled = z.output<typeof compiledSchema>

const HEAD_END = '\r\n\r\n'

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (reason: Error) => void
}

/**
 * One process of `bicep jsonrpc`, which answers many requests: a start takes seconds, an answer less than two. Messages
 * are JSON-RPC, each behind a line with its length in bytes.
 */
export class BicepSession implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #waiting = new Map<number, Waiting>()
  #unread = Buffer.alloc(0)
  #lastId = 0

  constructor(cli: string) {
    this.#child = spawn(cli, ['jsonrpc', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child.stdout.on('data', (bytes: Buffer) => this.#read(bytes))
    this.#child.on('error', (error) => this.#end(error))
    this.#child.on('exit', (code) => this.#end(new Error(`bicep jsonrpc ended with ${code}`)))
    // Whoever waits is told by `exit`.
    this.#child.stdin.on('error', () => undefined)
  }

  async version(): Promise<string> {
    return z.object({ version: z.string() }).parse(await this.#ask('version', {})).version
  }

  /** The compiled template, and what the compiler and the linter say. */
  async compile(path: string): Promise<Compiled> {
    return compiledSchema.parse(await this.#ask('compile', { path }))
  }

  /** What the compiler says of a file of parameters, with the template it is for. */
  async compileParameters(path: string): Promise<Compiled> {
    return compiledSchema.parse(await this.#ask('compileParams', { path, parameterOverrides: {} }))
  }

  /**
   * The resources of a deployment with the parameters of a .bicepparam file, as JSON.
   * @throws BicepRefused with the template's own words where it refuses the parameters
   */
  async snapshot(path: string): Promise<string> {
    const { snapshot } = z
      .object({ snapshot: z.string() })
      .parse(await this.#ask('getSnapshot', { path, metadata: assumed }))
    return snapshot
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => {
      this.#child.once('exit', resolve)
    })
    this.#child.kill()
    await ended
  }

  #ask(method: string, parameters: object): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: `bicep/${method}`, params: [parameters] })
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}${HEAD_END}${body}`)
    })
  }

  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes])
    for (;;) {
      const headEnd = this.#unread.indexOf(HEAD_END)
      if (headEnd < 0) return
      const length = Number(
        /content-length: *(\d+)/i.exec(this.#unread.toString('latin1', 0, headEnd))?.[1] ?? Number.NaN,
      )
      const end = headEnd + HEAD_END.length + length
      if (!(this.#unread.length >= end)) return
      this.#take(this.#unread.toString('utf8', headEnd + HEAD_END.length, end))
      this.#unread = this.#unread.subarray(end)
    }
  }

  #take(body: string): void {
    const { id, result, error } = answerSchema.parse(JSON.parse(body))
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new BicepRefused(error.data?.message ?? error.message))
  }

  #end(reason: Error): void {
    for (const { reject } of this.#waiting.values()) reject(reason)
    this.#waiting.clear()
  }
}

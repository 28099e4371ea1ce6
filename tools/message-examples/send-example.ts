import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { sessionIdOf } from '../../shared/messages/index.ts'
import { createTenant, ExampleFailure } from '../service-examples/index.ts'
import type { Program, RunningProduct } from '../service-examples/index.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** The first `dotnet run` gets packages and compiles, which takes a minute on a busy machine. */
const PROGRAM_TIMEOUT_MS = 240_000
/** The queue's function begins within a second; a busy machine takes longer. */
const HANDLED_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 250

const pageSchema = z.object({ events: z.array(z.object({ id: z.string(), version: z.number() })) })

/**
 * Runs a program twice for a tenant of its own, and checks that the stream has each of its events once, in order.
 * @throws ExampleFailure
 */
export async function sendTwice(program: Program, product: RunningProduct): Promise<void> {
  const tenant = `${program.language}-${randomBytes(4).toString('hex')}`
  await createTenant(product, tenant)
  await inFolder(program, async (run) => {
    for (let time = 1; time <= 2; time += 1) {
      const printed = await run([], { SERVICE_BUS: product.serviceBus, TENANT: tenant })
      if (!printed.includes('sent 3')) throw new ExampleFailure(`${program.language}: it printed ${printed}`)
      await untilStored(program, product, tenant)
    }
  })
}

/**
 * Looks whether the program can be parsed, and whether it makes the session ids that the product makes.
 * @throws ExampleFailure
 */
export async function checkPython(program: Program): Promise<void> {
  const [session] = /^def session_of.*\n(?:[ \t]+.*\n)+/mu.exec(program.text) ?? []
  if (session === undefined) throw new ExampleFailure('python: there is no function session_of')
  const check = [
    'import ast, base64, hashlib',
    `ast.parse(open('${program.file}').read())`,
    session,
    "print(session_of('ä', 'cart-7'))",
  ]
  await inFolder(program, async (run, folder) => {
    await writeFile(join(folder, 'check.py'), check.join('\n'))
    const printed = await run(['check.py'], {})
    if (printed.trim() !== sessionIdOf('ä', 'cart-7'))
      throw new ExampleFailure(`python: the session id is ${printed.trim()}`)
  })
}

type Run = (words: readonly string[], environment: Readonly<Record<string, string>>) => Promise<string>

async function inFolder(program: Program, work: (run: Run, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'trickle-message-'))
  const run: Run = async (words, environment) => {
    const { PATH = '', HOME = folder } = process.env
    const all = { PATH, HOME, DOTNET_CLI_HOME: HOME, DOTNET_NOLOGO: '1', DOTNET_CLI_TELEMETRY_OPTOUT: '1' }
    const given = words.length > 0 ? words : program.arguments
    const { stdout } = await promisify(execFile)(program.command, [...given], {
      cwd: folder,
      env: { ...all, ...environment },
      timeout: PROGRAM_TIMEOUT_MS,
    }).catch((error: unknown) => {
      const { stdout: out = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new ExampleFailure(`${program.language}: the program failed.\n${out}${stderr}`, { cause: error })
    })
    return stdout
  }
  try {
    await writeFile(join(folder, program.file), program.text)
    // The program finds the SDK as in a service that has installed it.
    await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await work(run, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function untilStored(program: Program, product: RunningProduct, tenant: string): Promise<void> {
  const wanted = ['cart-7-0 1', 'cart-7-1 2', 'cart-7-2 3']
  const until = Date.now() + HANDLED_WITHIN_MS
  for (;;) {
    const response = await fetch(`${product.url}/api/streams/cart-7/events`, {
      headers: { authorization: `Bearer ${product.serviceToken}`, 'trickle-tenant': tenant },
    })
    const events = response.ok ? pageSchema.parse(await response.json()).events : []
    const found = events.map(({ id, version }) => `${id} ${version}`)
    if (JSON.stringify(found) === JSON.stringify(wanted)) return
    if (events.length >= wanted.length || Date.now() > until)
      throw new ExampleFailure(`${program.language}: the stream has ${JSON.stringify(found)}`)
    await delay(LOOK_EVERY_MS)
  }
}

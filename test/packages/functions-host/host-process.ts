/** Runs the Functions host as a process of its own over a small app that a test writes; always stops what it started. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const mainFile = fileURLToPath(new URL('../../../packages/functions-host/main.ts', import.meta.url))
const libraryFile = createRequire(import.meta.url).resolve('@azure/functions')
/** A loaded machine may take this long for one step; what takes longer is stuck. */
const PATIENCE_MS = 60_000

export interface HostUnderTest {
  readonly url: string
  readonly port: number
  readonly masterKey: string
  readonly functions: readonly string[]
  readonly appFolder: string
  readonly stateFolder: string
  readonly process: ChildProcess
  /** All of stdout and stderr so far. */
  output(): string
  /** Resolves with the match as soon as the output has it. */
  seen(pattern: RegExp): Promise<RegExpExecArray>
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** The same with the master key. */
  admin(path: string, init?: RequestInit): Promise<Response>
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>
  exited(): Promise<number | null>
}

export interface HostRequest {
  /** Body of the app: `app` and `output` of the real library are at hand. */
  readonly source?: string
  readonly hostJson?: object
  /** More files of the app: content by name; `LIBRARY` in it stands for the path of the library. */
  readonly files?: Record<string, string>
  readonly packageJson?: object
  readonly environment?: Record<string, string>
  readonly port?: number
  readonly flags?: readonly string[]
  /** Folders of an earlier host, to start it again. */
  readonly again?: Pick<HostUnderTest, 'appFolder' | 'stateFolder'>
  /** Resolve when the process has failed to start, instead of rejecting. */
  readonly expectFailure?: boolean
}

const started: { child: ChildProcess; folder: string }[] = []

/** Ends every process of this file and removes the folders; for afterAll. */
export async function stopEverything(): Promise<void> {
  for (const { child } of started)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  for (const { folder } of started.splice(0)) await rm(folder, { recursive: true, force: true })
}

export async function startHost(request: HostRequest): Promise<HostUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'functions-host-'))
  if (request.again === undefined) await writeApp(folder, request)
  const appFolder = request.again?.appFolder ?? join(folder, 'app')
  const stateFolder = request.again?.stateFolder ?? join(folder, 'state')
  const flags = [
    '--app',
    appFolder,
    '--state',
    stateFolder,
    '--port',
    String(request.port ?? 0),
    ...(request.flags ?? []),
  ]
  const child = spawn(process.execPath, [mainFile, ...flags], {
    env: { ...cleanEnvironment(), ...request.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  started.push({ child, folder })
  const facts = watch(child)
  const message = await facts.firstMessage
  if (message['type'] !== 'ready' && request.expectFailure !== true)
    throw new Error(`The host did not start:\n${facts.output()}`)
  const url = String(message['url'])
  const masterKey = String(message['masterKey'])
  return {
    url,
    port: Number(url.split(':').at(-1)),
    masterKey,
    functions: (message['functions'] ?? []) as string[],
    appFolder,
    stateFolder,
    process: child,
    output: () => facts.output(),
    seen: (pattern) => facts.seen(pattern),
    fetch: (path, init) => fetch(url + path, init),
    admin: (path, init) =>
      fetch(url + path, { ...init, headers: { 'x-functions-key': masterKey, ...(init?.headers as object) } }),
    stop() {
      child.kill('SIGTERM')
      return facts.exit
    },
    exited: () => facts.exit,
  }
}

async function writeApp(folder: string, request: HostRequest): Promise<void> {
  await mkdir(join(folder, 'app'))
  const prologue = `'use strict'\nconst { app, output } = require(${JSON.stringify(libraryFile)})\n`
  const defaults = { version: '2.0', extensions: { http: { routePrefix: '' } } }
  await writeFile(
    join(folder, 'app', 'package.json'),
    JSON.stringify(request.packageJson ?? { main: 'main.cjs' }),
  )
  await writeFile(join(folder, 'app', 'host.json'), JSON.stringify(request.hostJson ?? defaults))
  await writeFile(join(folder, 'app', 'main.cjs'), prologue + (request.source ?? ''))
  for (const [name, content] of Object.entries(request.files ?? {})) {
    await writeFile(join(folder, 'app', name), content.replaceAll('LIBRARY', libraryFile))
  }
}

/** Settings that a developer's shell may hold must not reach the host under test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:AzureWebJobs|AzureFunctionsJobHost|FUNCTIONS_|NODE_OPTIONS)/i.test(name),
  )
  return Object.fromEntries(kept)
}

interface Watched {
  readonly firstMessage: Promise<Record<string, unknown>>
  readonly exit: Promise<number | null>
  output(): string
  seen(pattern: RegExp): Promise<RegExpExecArray>
}

function watch(child: ChildProcess): Watched {
  let text = ''
  const onText = new Set<() => void>()
  const read = (chunk: Buffer): void => {
    text += chunk.toString('utf8')
    for (const look of onText) look()
  }
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  // Not 'close' of the process: that doesn't come when the test has cut the channel to it.
  const ended = [child.stdout, child.stderr].map(
    (stream) => new Promise<void>((resolve) => (stream === null ? resolve() : stream.once('close', resolve))),
  )
  const exit = once(child, 'exit').then(async ([code]) => {
    await Promise.all(ended)
    return code as number | null
  })
  const firstMessage = new Promise<Record<string, unknown>>((resolve) => {
    child.once('message', (message) => resolve(message as Record<string, unknown>))
    void exit.then(() => resolve({ type: 'closed' }))
  })
  function seen(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        onText.delete(look)
        reject(new Error(`${pattern} has not come within ${PATIENCE_MS} ms:\n${text}`))
      }, PATIENCE_MS)
      const look = (): void => {
        const match = pattern.exec(text)
        if (match === null) return
        clearTimeout(timer)
        onText.delete(look)
        resolve(match)
      }
      onText.add(look)
      look()
    })
  }
  return { firstMessage, exit, output: () => text, seen }
}

/** Sends bytes as they are and resolves with all that comes back until the server closes or `until` matches. */
export function sendRaw(port: number, text: string, until: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    const finish = (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy()
      reject(new Error(`no full answer: ${answer}`))
    })
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (until.test(answer)) finish()
    })
    socket.on('error', reject)
    socket.on('end', finish)
  })
}

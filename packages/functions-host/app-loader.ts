/**
 * Loads the deployed app as the worker does: `main` of its package.json is a glob, each file is loaded in turn,
 * then the appStart hooks run and the library tells its capabilities.
 *
 * Source: azure-functions-nodejs-worker, startApp.ts, loadScriptFile.ts, WorkerInitHandler.ts.
 */
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Server } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { HostStartFailure, messageOf, stackOf } from './start-failure.ts'
import type { WorkerApp } from './worker-app.ts'

/** The worker's capabilities, to which the library adds its own (worker: getWorkerCapabilities.ts). */
const workerCapabilities: Readonly<Record<string, string>> = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
}

interface PackageFacts {
  readonly main: string
  readonly isModule: boolean
}

/**
 * Loads the app and runs its appStart hooks.
 * @returns the library's own HTTP server when the app has switched HTTP streaming on
 * @throws HostStartFailure APP_BROKEN when there is nothing to load, or the app or a hook throws (a blocking error on
 *   the platform too, which would otherwise show "0 functions found")
 */
export async function loadApp(app: WorkerApp, appFolder: string): Promise<{ streamServer: URL | undefined }> {
  const folder = resolve(appFolder)
  const facts = await readPackage(folder)
  const files = globSync(facts.main, { cwd: folder }).sort()
  if (files.length === 0) {
    throw new HostStartFailure(
      'APP_BROKEN',
      `No file matches "main": "${facts.main}" of ${join(folder, 'package.json')}; build the app first.`,
    )
  }
  for (const file of files) await loadFile(join(folder, file), facts.isModule)
  await runAppStart(app, folder)
  const streamServer = await startStreamServer(app)
  app.registrationClosed = true
  return { streamServer }
}

async function readPackage(folder: string): Promise<PackageFacts> {
  const file = join(folder, 'package.json')
  let content: { main?: unknown; type?: unknown }
  try {
    content = JSON.parse(await readFile(file, 'utf8')) as { main?: unknown; type?: unknown }
  } catch (error) {
    throw new HostStartFailure(
      'APP_BROKEN',
      `${file} can't be read (${messageOf(error)}); build the app first.`,
      error,
    )
  }
  if (typeof content.main !== 'string' || content.main === '') {
    throw new HostStartFailure('APP_BROKEN', `${file} has no "main": the worker would find no functions.`)
  }
  return { main: content.main, isModule: content.type === 'module' }
}

async function loadFile(file: string, isModulePackage: boolean): Promise<void> {
  const isModule = file.endsWith('.mjs') || (isModulePackage && !file.endsWith('.cjs'))
  try {
    if (isModule) await import(pathToFileURL(file).href)
    else createRequire(file)(file)
  } catch (error) {
    throw new HostStartFailure(
      'APP_BROKEN',
      `The app could not be loaded: ${file} threw ${stackOf(error)}`,
      error,
    )
  }
}

async function runAppStart(app: WorkerApp, functionAppDirectory: string): Promise<void> {
  try {
    await app.executeHooks('appStart', {
      hookData: app.appHookData,
      appHookData: app.appHookData,
      functionAppDirectory,
    })
  } catch (error) {
    throw new HostStartFailure('APP_BROKEN', `An appStart hook of the app threw ${stackOf(error)}`, error)
  }
}

async function startStreamServer(app: WorkerApp): Promise<URL | undefined> {
  const model = app.programmingModel
  if (model?.getCapabilities === undefined) return undefined
  const capabilities = await onLoopbackOnly(async () => model.getCapabilities?.({ ...workerCapabilities }))
  const uri = capabilities?.['HttpUri']
  return uri === undefined ? undefined : new URL(uri)
}

/**
 * Runs `start` so that a server it opens without naming a port listens on 127.0.0.1 instead of every interface.
 *
 * The library opens its server on every interface. That is harmless in the platform's sandbox, but on a developer's
 * machine the whole network could call it without the host's keys. The change lasts only for the synchronous part of
 * `start`.
 */
function onLoopbackOnly<Value>(start: () => Promise<Value>): Promise<Value> {
  const prototype = Server.prototype as { listen: (this: Server, ...parameters: unknown[]) => Server }
  const listen = prototype.listen
  prototype.listen = function listenOnLoopback(this: Server, ...parameters: unknown[]): Server {
    const openEnded = parameters.length === 0 || typeof parameters[0] === 'function'
    return listen.apply(this, openEnded ? [0, '127.0.0.1', ...parameters] : parameters)
  }
  try {
    return start()
  } finally {
    prototype.listen = listen
  }
}

/**
 * Gives the app the worker's built-in module '@azure/functions-core'.
 *
 * The real worker puts a Proxy around Module.prototype.require (azure-functions-nodejs-worker, setupCoreModule.ts);
 * this does the same and nothing more, so that an app fails here in the same ways as there. It has to happen before
 * the app is loaded: the library asks for the module once. If that fails, it never asks again and registers nothing
 * ("test mode").
 */
import Module from 'node:module'
import type {
  CoreFunctionMetadata,
  CoreLogCategory,
  CoreLogLevel,
  FunctionCallback,
  HookCallback,
  ProgrammingModel,
} from './core-api.ts'
import { systemError } from './worker-app.ts'
import type { WorkerApp } from './worker-app.ts'

const CORE_MODULE_NAME = '@azure/functions-core'
/** Versions that the app can read. They were the platform's versions in November 2026. */
const WORKER_VERSION = '3.14.1'
export const IMITATED_HOST_VERSION = '4.1052.200'

/** The result of a registration: the first dispose() takes the registration back. */
class Disposable {
  #onDispose: (() => unknown) | undefined

  constructor(onDispose: () => unknown) {
    this.#onDispose = onDispose
  }

  dispose(): unknown {
    const onDispose = this.#onDispose
    this.#onDispose = undefined
    return onDispose?.()
  }
}

type Require = (this: unknown, id: string) => unknown

let installed = false

/**
 * Installs the module for this process.
 * @throws Error when it is installed already: the library keeps the first module for good, so a process has one host
 */
export function installCoreModule(app: WorkerApp): void {
  if (installed) throw systemError('Only one Functions host can run in a process.')
  installed = true
  const core = createCoreModule(app)
  const prototype = Module.prototype as unknown as { require: Require }
  prototype.require = new Proxy(prototype.require, {
    apply(target, thisArgument, parameters: [string]) {
      if (parameters[0] === CORE_MODULE_NAME) return core
      return Reflect.apply(target, thisArgument, parameters)
    },
  })
}

function createCoreModule(app: WorkerApp): object {
  return {
    version: WORKER_VERSION,
    hostVersion: IMITATED_HOST_VERSION,
    Disposable,
    registerFunction: (metadata: CoreFunctionMetadata, callback: FunctionCallback): Disposable =>
      new Disposable(app.registerFunction(metadata, callback)),
    registerHook: (name: string, callback: HookCallback): Disposable =>
      new Disposable(app.registerHook(name, callback)),
    getProgrammingModel: (): ProgrammingModel | undefined => app.programmingModel,
    setProgrammingModel: (model: ProgrammingModel): void => {
      app.programmingModel = model
    },
    log: (level: CoreLogLevel, category: CoreLogCategory, message: string): void =>
      app.log(level, category, message),
  }
}

/** The hooks an app has registered, run in their order. Source: azure-functions-nodejs-worker, src/hooks. */
import type { HookCallback } from './core-api.ts'

export type HookName = 'appStart' | 'preInvocation' | 'postInvocation' | 'appTerminate' | 'log'

export interface HookRegistry {
  /** @returns a function that takes the registration back; undefined when there is no such hook */
  register(name: string, callback: HookCallback): (() => void) | undefined
  /** Runs the hooks one after the other; rejects with what the first of them throws, and skips the rest. */
  execute(name: HookName, context: object): Promise<void>
  /** The callbacks of a hook whose caller cannot wait (log hooks). */
  callbacksOf(name: HookName): readonly HookCallback[]
}

export function createHookRegistry(): HookRegistry {
  const hooks: Record<HookName, HookCallback[]> = {
    appStart: [],
    preInvocation: [],
    postInvocation: [],
    appTerminate: [],
    log: [],
  }

  function isHookName(name: string): name is HookName {
    return Object.hasOwn(hooks, name)
  }

  return {
    register(name, callback) {
      if (!isHookName(name)) return undefined
      const callbacks = hooks[name]
      callbacks.push(callback)
      return () => {
        const index = callbacks.indexOf(callback)
        if (index !== -1) callbacks.splice(index, 1)
      }
    },
    async execute(name, context) {
      for (const callback of hooks[name]) await callback(context)
    },
    callbacksOf: (name) => hooks[name],
  }
}

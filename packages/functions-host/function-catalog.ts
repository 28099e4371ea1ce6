/**
 * The functions that the app has registered, in the host's order, and what is wrong with some of them.
 *
 * Source: azure-functions-host, FunctionMetadataManager.cs (order by name, ignoring case), Utility.cs (names).
 */
import type { BindingInfo } from './core-api.ts'
import { isTrueSetting } from './host-settings.ts'
import type { Environment } from './host-settings.ts'
import type { RegisteredFunction, WorkerApp } from './worker-app.ts'

export interface HostedFunction {
  readonly name: string
  readonly registered: RegisteredFunction
  /** Name of the trigger's binding. */
  readonly triggerName: string
  readonly trigger: BindingInfo
  /** In lower case: 'httptrigger', 'timertrigger', ... */
  readonly triggerType: string
  /** From the setting AzureWebJobs.<name>.Disabled. */
  readonly disabled: boolean
}

export interface FunctionProblem {
  readonly functionName: string
  readonly message: string
}

export interface FunctionCatalog {
  /** Every registered function with a trigger, sorted by name. */
  readonly functions: readonly HostedFunction[]
  /** Functions that are in error: listed, never dispatched. */
  readonly problems: FunctionProblem[]
}

const FUNCTION_NAME = /^[a-z][a-z0-9_-]{0,127}$/i

/** Compares like .NET's StringComparer.OrdinalIgnoreCase: by code unit in upper case, so `_` sorts after letters. */
export function compareNames(left: string, right: string): number {
  const [upperLeft, upperRight] = [left.toUpperCase(), right.toUpperCase()]
  if (upperLeft === upperRight) return 0
  return upperLeft < upperRight ? -1 : 1
}

export function createFunctionCatalog(app: WorkerApp, environment: Environment): FunctionCatalog {
  const functions: HostedFunction[] = []
  const problems: FunctionProblem[] = []
  const registered = [...app.functions.values()].sort((a, b) =>
    compareNames(a.metadata.name, b.metadata.name),
  )
  for (const entry of registered) {
    const name = entry.metadata.name
    const trigger = Object.entries(entry.metadata.bindings).find(([, binding]) =>
      /trigger$/i.test(binding.type ?? ''),
    )
    if (trigger === undefined) {
      problems.push({ functionName: name, message: `The function '${name}' has no trigger.` })
      continue
    }
    if (!FUNCTION_NAME.test(name))
      problems.push({ functionName: name, message: `'${name}' is not a valid function name.` })
    functions.push({
      name,
      registered: entry,
      triggerName: trigger[0],
      trigger: trigger[1],
      triggerType: (trigger[1].type ?? '').toLowerCase(),
      disabled: isDisabled(name, environment),
    })
  }
  return { functions, problems }
}

function isDisabled(name: string, environment: Environment): boolean {
  // The second form is for shells and Linux settings, where a dot can't be part of a name.
  return isTrueSetting(
    environment[`AzureWebJobs.${name}.Disabled`] ?? environment[`AzureWebJobs_${name}_Disabled`],
  )
}

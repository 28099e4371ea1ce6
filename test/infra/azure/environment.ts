import { z } from 'zod'
import type { Given } from './snapshots.ts'
import { jsonOfFile, required } from './support.ts'

const { parameters: written } = z
  .object({ parameters: z.record(z.string(), z.object({ value: z.string() })) })
  .parse(jsonOfFile('infra/main.parameters.json'))

/** The azd environment that gives main.bicep these parameters. */
export function environmentOf(given: Given): Record<string, string> {
  const values = Object.entries({ ...required, ...given }).flatMap(([name, value]) => {
    // Azure itself knows who deploys; nobody gives it.
    if (name === 'principalId') return []
    const variable = /^\$\{(\w+)/.exec(written[name]?.value ?? '')?.[1]
    if (variable === undefined) throw new Error(`main.parameters.json does not give ${name}`)
    return [[variable, typeof value === 'string' ? value : JSON.stringify(value)] as const]
  })
  return Object.fromEntries(values)
}

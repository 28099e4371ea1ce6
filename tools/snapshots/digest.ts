import { z } from 'zod'

const referenceSchema = z.looseObject({ type: z.string().optional(), nullable: z.boolean().optional() })

interface Compiled {
  readonly parameters?: Readonly<Record<string, z.output<typeof parameterSchema>>> | undefined
  readonly definitions?: Readonly<Record<string, unknown>> | undefined
  readonly resources: Readonly<Record<string, Declared>>
  readonly outputs?: Readonly<Record<string, z.output<typeof referenceSchema>>> | undefined
}

interface Declared {
  readonly type: string
  readonly apiVersion?: string | undefined
  readonly existing?: boolean | undefined
  readonly condition?: unknown
  readonly copy?: { readonly batchSize?: number | undefined } | undefined
  readonly dependsOn?: readonly string[] | undefined
  readonly '@options'?: Readonly<Record<string, unknown>> | undefined
  readonly properties?: unknown
}

const parameterSchema = z.looseObject({
  type: z.string().optional(),
  metadata: z.unknown().optional(),
})

const declaredSchema: z.ZodType<Declared> = z.looseObject({
  type: z.string(),
  apiVersion: z.string().optional(),
  existing: z.boolean().optional(),
  condition: z.unknown().optional(),
  copy: z.looseObject({ batchSize: z.number().optional() }).optional(),
  dependsOn: z.array(z.string()).optional(),
  '@options': z.record(z.string(), z.unknown()).optional(),
  properties: z.unknown().optional(),
})

const templateSchema = z.looseObject({
  parameters: z.record(z.string(), parameterSchema).optional(),
  definitions: z.record(z.string(), z.unknown()).optional(),
  resources: z.record(z.string(), declaredSchema),
  outputs: z.record(z.string(), referenceSchema).optional(),
})

/** A module holds a template. */
const moduleSchema = z.looseObject({ template: templateSchema })

/** One resource or module as it is declared, by its place: the modules that lead to it, then its own name. */
export interface DigestOfResource {
  /** With its API version; `module` for a module. */
  readonly type: string
  readonly existing?: true
  readonly condition?: true
  /** A loop that runs so many turns at a time. A loop without it runs all at once. */
  readonly batchSize?: number
  readonly isLoop?: true
  /** Names in the same file. */
  readonly waitsFor?: readonly string[]
  /** `retryOn`, `onlyIfNotExists`, `nullIfNotFound`, with their arguments. */
  readonly options?: Readonly<Record<string, unknown>>
}

export interface Digest {
  /** Of main.bicep, without descriptions. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly definitions: Readonly<Record<string, unknown>>
  /** Name to type. */
  readonly outputs: Readonly<Record<string, string>>
  readonly resources: Readonly<Record<string, DigestOfResource>>
}

/** What a snapshot does not hold of the compiled template: parameters, outputs, batch sizes, order, retries. */
export function digestOf(compiled: string): Digest {
  const template = templateSchema.parse(JSON.parse(compiled))
  return {
    parameters: withoutDescriptions(template.parameters ?? {}),
    definitions: withoutDescriptions(template.definitions ?? {}),
    outputs: Object.fromEntries(
      Object.entries(template.outputs ?? {}).map(([name, { type = '' }]) => [name, type]),
    ),
    resources: Object.fromEntries(resourcesOf(template, '')),
  }
}

function resourcesOf(template: Compiled, above: string): [string, DigestOfResource][] {
  return Object.entries(template.resources).flatMap(([name, declared]) => {
    const inner = moduleSchema.safeParse(declared.properties).data?.template
    const own: [string, DigestOfResource] = [above + name, digestOfResource(declared, inner !== undefined)]
    return inner === undefined ? [own] : [own, ...resourcesOf(inner, `${above}${name}/`)]
  })
}

function digestOfResource(declared: Declared, isModule: boolean): DigestOfResource {
  const { type, apiVersion, existing, condition, copy, dependsOn, '@options': options } = declared
  return {
    type: isModule ? 'module' : `${type}@${apiVersion}`,
    ...(existing === true ? { existing } : {}),
    ...(condition === undefined ? {} : { condition: true }),
    ...(copy === undefined ? {} : { isLoop: true }),
    ...(copy?.batchSize === undefined ? {} : { batchSize: copy.batchSize }),
    ...(dependsOn === undefined ? {} : { waitsFor: namesOf(dependsOn) }),
    ...(options === undefined ? {} : { options: inOrder(options) }),
  }
}

/** One turn of a loop, `[format('storage[{0}]', 1)]`, counts as the loop. */
const namesOf = (dependsOn: readonly string[]): string[] =>
  [...new Set(dependsOn.map((name) => /^\[format\('(\w+)\[/.exec(name)?.[1] ?? name))].toSorted()

/** The compiler writes options in another order each time. */
const inOrder = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).toSorted(([one], [two]) => (one < two ? -1 : 1)))

/** Descriptions are for people, who read them in main.bicep. */
function withoutDescriptions(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => (key === 'metadata' ? undefined : inner)),
  ) as Record<string, unknown>
}

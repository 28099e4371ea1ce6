import { TrickleError } from '../errors/index.ts'

/** A name that a context claims for something of its own. */
export interface Claim {
  readonly name: string
  readonly context: string
}

/** The claims that each context makes for one kind of thing. */
export const claimsOf = <C extends { readonly name: string }>(
  contexts: readonly C[],
  names: (context: C) => readonly string[],
): Claim[] => contexts.flatMap((context) => names(context).map((name) => ({ name, context: context.name })))

/**
 * @param what the kind of thing, such as 'setting'
 * @param taken names that the platform has itself
 * @throws TrickleError CONFIGURATION_INVALID where a name is claimed twice
 */
export function refuseTwice(what: string, claims: readonly Claim[], taken: readonly string[] = []): void {
  const holders = new Map(taken.map((name) => [name, 'the platform itself']))
  for (const { name, context } of claims) {
    const holder = holders.get(name)
    if (holder !== undefined) {
      throw contextsRefused(
        `The ${what} ${name} is declared by ${holder} and by ${placeOf(context)}. Rename one of them.`,
      )
    }
    holders.set(name, placeOf(context))
  }
}

/**
 * Names that begin with the name of their own context can't clash with those of a context that is added later.
 * @throws TrickleError CONFIGURATION_INVALID where one begins with something else
 */
export function refuseForeign(
  what: string,
  claims: readonly Claim[],
  prefixOf: (context: string) => string,
): void {
  const foreign = claims.find(({ name, context }) => !name.startsWith(prefixOf(context)))
  if (foreign === undefined) return
  throw contextsRefused(
    `The ${what} ${foreign.name} of ${placeOf(foreign.context)} must begin with ${prefixOf(foreign.context)}`,
  )
}

export const contextsRefused = (why: string): TrickleError =>
  new TrickleError('CONFIGURATION_INVALID', `The contexts can't be put together. ${why}`)

/** Where to look for it: the folder has the context's name. */
export const placeOf = (context: string): string => `the context ${context} (functions/${context}/context.ts)`

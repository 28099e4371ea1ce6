/** The function that makes each service, by the name under which the service is used. */
export type Makers = Readonly<Record<string, () => unknown>>

/** What the makers make, under the same names. */
export type MadeBy<M extends Makers> = { readonly [Name in keyof M]: ReturnType<M[Name]> }

/**
 * Services that are made at their first use and kept from then on: a function app loads every function at its start,
 * and a cold start that answers a health check should open no pool. An error of a maker is not kept: the next use tries
 * again, so that a service works as soon as what it needs is available.
 */
export function madeOnce<M extends Makers>(makers: M): MadeBy<M> {
  const services = {}
  for (const [name, make] of Object.entries(makers)) {
    let made: { readonly service: unknown } | undefined
    const get = (): unknown => {
      made ??= { service: make() }
      return made.service
    }
    Object.defineProperty(services, name, { get, enumerable: true })
  }
  return services as MadeBy<M>
}

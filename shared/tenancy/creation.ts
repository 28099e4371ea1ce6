import { TrickleError } from '../errors/index.ts'
import type { Creation } from './statements.ts'
import { externalIdOf, slugOf } from './tenant-name.ts'

export interface NewTenant {
  readonly slug: string
  readonly name?: string | undefined
  readonly externalId?: string | undefined
}

/** At most this many findings are reported: a client that corrects the first ones needs no more. */
const FINDINGS_MAX = 20

/** The pointer to a member of a tenant in the request. In a request for one tenant, that tenant is the whole body. */
type PointerOf = (index: number, field: string) => string
export const inBody: PointerOf = (_index, field) => `/${field}`
export const inList: PointerOf = (index, field) => `/tenants/${index}/${field}`

/** The tenants as the database takes them. @throws TrickleError VALIDATION_FAILED for a name of another form. */
export function rowsOf(tenants: readonly NewTenant[], pointerOf: PointerOf) {
  return tenants.map(({ slug: given, name, externalId: givenExternalId }, index) => {
    const slug = slugOf(given)
    if (slug === null) throw invalid(given, pointerOf(index, 'slug'), SLUG_FORM)
    const externalId = givenExternalId === undefined ? null : externalIdOf(givenExternalId)
    if (externalId === null && givenExternalId !== undefined) {
      throw invalid(givenExternalId, pointerOf(index, 'externalId'), EXTERNAL_ID_FORM)
    }
    return { slug, externalId, name: name ?? given }
  })
}

export const SLUG_FORM =
  'A slug has 1 to 63 of a-z, 0-9 and . _ - and begins with a letter or digit; it is not in the form of a uuid'

export const EXTERNAL_ID_FORM =
  'An external id has 1 to 200 printable characters of ASCII, with no space at its ends'

const invalid = (given: string, pointer: string, form: string): TrickleError =>
  new TrickleError('VALIDATION_FAILED', `"${given.slice(0, 80)}" can't be used. ${form}.`, {
    errors: [{ pointer, message: 'has a form that is not allowed' }],
  })

const words = { id: 'id', slug: 'slug', externalId: 'external id' } as const

/** @throws TrickleError TENANT_EXISTS when a name is another tenant's. Thrown inside of the transaction, so nothing is made. */
export function refuseTaken(
  rows: ReturnType<typeof rowsOf>,
  creations: readonly Creation[],
  pointerOf: PointerOf,
): void {
  const errors = creations.flatMap(({ outcome, field, holder, heldAs }, index) =>
    outcome === 'taken'
      ? [{ pointer: pointerOf(index, field), message: `is the ${words[heldAs]} of the tenant ${holder}` }]
      : [],
  )
  const at = creations.findIndex(({ outcome }) => outcome === 'taken')
  const [first, tenant] = [creations[at], rows[at]]
  if (first === undefined || tenant === undefined) return
  throw new TrickleError(
    'TENANT_EXISTS',
    `The ${words[first.field]} ${JSON.stringify(tenant[first.field])} is the ${words[first.heldAs]} of the tenant ${first.holder}. A name (slug, external id or id) belongs to one tenant, whether in upper or lower case. Nothing was made.`,
    { errors: errors.slice(0, FINDINGS_MAX) },
  )
}

import { z } from 'zod'
import { mistakeOf, ROLES } from '../auth/index.ts'
import type { IssuerOptions, Role } from '../auth/index.ts'

/** Far more than anybody needs. Each issuer is trusted with every tenant that its tokens can name. */
const ISSUERS_MAX = 100

/**
 * The record of an operator's action takes an issuer of up to 600 characters, and a directory's id makes an issuer with
 * {tid} longer. Real issuers have less than a hundred.
 */
export const ISSUER_CHARACTERS_MAX = 500

const roleSchema = z.enum(ROLES)
const claimSchema = z.string().min(1).max(255)
const applicationsSchema = z.partialRecord(roleSchema, z.array(z.string().min(1).max(255)))

/** Roles that an issuer grants where its entry names none: an operator or a service must be asked for by name. */
const TENANT_ROLES: readonly Role[] = ['reader', 'writer', 'admin']

const issuerSchema = z
  .strictObject({
    issuer: z.string().min(1).max(ISSUER_CHARACTERS_MAX),
    audience: z.string().min(1),
    jwksUrl: z.string().min(1).optional(),
    tenantClaim: claimSchema.optional(),
    tenantKey: z.enum(['any', 'id', 'slug', 'externalId']).optional(),
    rolesClaim: claimSchema.default('roles'),
    roles: z
      .array(roleSchema)
      .min(1)
      .default([...TENANT_ROLES]),
    applications: applicationsSchema.default({}),
  })
  .transform(({ tenantClaim, tenantKey, ...others }): IssuerOptions => {
    const isOfDirectories = others.issuer.includes('{tid}')
    return {
      ...others,
      tenantClaim: tenantClaim ?? (isOfDirectories ? 'tid' : 'tenant'),
      tenantKey: tenantKey ?? (isOfDirectories ? 'externalId' : 'any'),
    }
  })

/** The list of further issuers, as it is written in a setting. */
export const issuersSchema = z.array(issuerSchema).max(ISSUERS_MAX)

export { applicationsSchema }

/**
 * JSON in the text of a setting, checked by a schema. An error names the place that is wrong and never shows the value.
 */
export const jsonText = <T>(schema: z.ZodType<T>, form: string) =>
  z.string().transform((text, context): T => {
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      context.addIssue({ code: 'custom', message: `is not JSON; it must be ${form}` })
      return z.NEVER
    }
    const parsed = schema.safeParse(json)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) {
      const place = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      context.addIssue({ code: 'custom', message: `${place.join('')} ${issue.message}`.trim() })
    }
    return z.NEVER
  })

/**
 * What is wrong with the list of further issuers, or with one of them and the home issuer together; null if nothing is.
 */
export function mistakeOfIssuers(
  issuers: readonly IssuerOptions[],
  homeIssuer: string,
  allowInsecure: boolean,
): string | null {
  for (const [index, options] of issuers.entries()) {
    const mistake = mistakeOf(options, allowInsecure)
    if (mistake !== null) return `[${index}]: ${mistake}`
  }
  const names = [homeIssuer, ...issuers.map(({ issuer }) => issuer)]
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index)
  return twice === -1 ? null : `[${twice - 1}]: this issuer is configured already`
}

/** Lower-case letters, digits, dot, underscore and hyphen; what a token or a person writes is folded first. */
export const SLUG_PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** A slug in the form of a uuid could be mistaken for another tenant's id. */
export const UUID_PATTERN = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/

/**
 * What another system calls a tenant: 1 to 200 printable characters of ASCII, no space at the ends. A name beyond ASCII
 * has several spellings that look alike, and which of them a claim holds is up to its author.
 */
export const EXTERNAL_ID_PATTERN = /^[!-~]([ -~]{0,198}[!-~])?$/

/**
 * A name as it is compared: A to Z become lower case and nothing else does. `toLowerCase` folds by Unicode, and then a
 * claim with a Kelvin sign (U+212A) for its k means the tenant "kiosk". `fold_name` of the database does the same.
 */
export const foldName = (name: string): string =>
  name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** The slug that a text means, or null where it can be none. */
export function slugOf(text: string): string | null {
  const slug = foldName(text)
  return SLUG_PATTERN.test(slug) && !UUID_PATTERN.test(slug) ? slug : null
}

/** The external id that a text means, or null where it can be none. A uuid is the same in upper case; others are kept as they are. */
export function externalIdOf(text: string): string | null {
  if (!EXTERNAL_ID_PATTERN.test(text)) return null
  return UUID_PATTERN.test(text) ? foldName(text) : text
}

/** False for a text that no tenant can be called by, so that the database need not be asked. */
export const canBeName = (text: string): boolean => EXTERNAL_ID_PATTERN.test(text)

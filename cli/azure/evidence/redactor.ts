const LEFT_OUT = '[left out]'

/** Texts that are secrets by their form. `$1` is what may stay. */
const FORMS: readonly (readonly [form: RegExp, instead: string])[] = [
  // A token: three parts in base64, the first of them a JSON object.
  [/\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?/gu, LEFT_OUT],
  [/\b(Bearer|Basic)\s+[\w~+/.=-]{8,}/gi, `$1 ${LEFT_OUT}`],
  // Connection strings, and addresses with a signature.
  [
    /\b(\w*(?:key|secret|signature|password|pwd|token|sig|code))\s*=\s*(?!\[left out\])[^;&\s"'`|]{4,}/gi,
    `$1=${LEFT_OUT}`,
  ],
  [/"(\w*(?:key|secret|signature|password|pwd|token))"\s*:\s*"[^"]*"/gi, `"$1":"${LEFT_OUT}"`],
  [/(:\/\/[^/\s:@]*):[^@\s/]+@/gu, `$1:${LEFT_OUT}@`],
  // A secret of an application in Entra, and a key of a service in base64.
  [/[\w~.-]{3}\dQ~[\w~.-]{31,34}/gu, LEFT_OUT],
  [/[A-Za-z0-9+/]{40,}={1,2}/gu, LEFT_OUT],
]

/** Shorter ones would be found inside innocent words. */
const KNOWN_LENGTH_MIN = 8

/**
 * Takes secrets out of what will be shown to others: those that it was told of, and whatever has the form of one.
 * It is the last line: what is collected is chosen by name, and no request asks for a secret.
 */
export class Redactor {
  readonly #known: string[] = []

  /** A value that must not appear anywhere, such as a token that requests carry. */
  know(secret: string | undefined): void {
    if (secret !== undefined && secret.length >= KNOWN_LENGTH_MIN) this.#known.push(secret)
  }

  text(value: string): string {
    let clean = value
    for (const secret of this.#known) clean = clean.replaceAll(secret, LEFT_OUT)
    for (const [form, instead] of FORMS) clean = clean.replace(form, instead)
    return clean
  }

  /** The same for every text in a value, names of members included. */
  deep<T>(value: T): T {
    return this.#deep(value) as T
  }

  #deep(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return value.map((item) => this.#deep(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [this.text(name), this.#deep(member)]),
    )
  }
}

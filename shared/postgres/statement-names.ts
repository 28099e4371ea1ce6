import { createHash } from 'node:crypto'
import { isFaultOfName } from './classify.ts'
import type { Statement } from './statement.ts'

/** What the server is sent: a statement's text, and the name that it is prepared under; no name: it is parsed each time. */
export interface SentStatement {
  readonly text: string
  readonly name?: string
}

/**
 * A server connection keeps the plans of all its prepared statements, and PgBouncer keeps `max_prepared_statements` of
 * them (200, infra/sizes.json). A pool whose statements are built at run time would fill both without an end.
 */
const TEXTS_MAX = 200

/** PostgreSQL cuts a name after 63 bytes. The readable part is for `pg_prepared_statements`; the digest follows it. */
const READABLE_CHARACTERS_MAX = 40
const DIGEST_CHARACTERS = 12

/**
 * The names of one pool's prepared statements. A name ends with a digest of its text. So a server connection that
 * another client has used, with another release perhaps, can never run another text under the same name.
 *
 * A name can fail although the statement is good. After a release changed the columns of a function, the server refuses
 * the plan that it keeps. A pooler that does not keep track of names sends a statement to a connection that has not
 * prepared it. The server says so before it runs anything, so the work can be run again. After the first such failure
 * all statements get new names and, by a comment, new texts: PgBouncer knows a statement by its text only. After the
 * second one names are off for the life of the pool.
 * Sources: PostgreSQL, Frontend/Backend Protocol, "Extended Query"; PgBouncer, `max_prepared_statements`.
 */
export class StatementNames {
  readonly #onOff: (error: Error) => void
  readonly #sent = new Map<string, SentStatement>()
  #generation = 0
  #areOn: boolean

  /** @param onOff is told when names are off from now on. */
  constructor(areOn: boolean, onOff: (error: Error) => void) {
    this.#areOn = areOn
    this.#onOff = onOff
  }

  /** The generation of the names that are sent now. The work keeps it, to say later which names failed. */
  get generation(): number {
    return this.#generation
  }

  /** How to send the statement now. */
  sentAs({ name, text }: Pick<Statement, 'name' | 'text'>): SentStatement {
    if (!this.#areOn) return { text }
    const known = this.#sent.get(text)
    if (known !== undefined) return known
    if (this.#sent.size >= TEXTS_MAX) return { text }
    const sent = namedFor(name, text, this.#generation)
    this.#sent.set(text, sent)
    return sent
  }

  /**
   * Gives all statements new names, or none any more.
   * @param generation of the names that failed. Much work may fail by the same ones: only the first says something new.
   * @returns false for an error that names have no part in; nothing changes then.
   */
  renew(error: unknown, generation: number): boolean {
    if (!isFaultOfName(error)) return false
    if (!this.#areOn || generation !== this.#generation) return true
    this.#generation += 1
    this.#sent.clear()
    if (this.#generation === 1) return true
    this.#areOn = false
    this.#onOff(error as Error)
    return true
  }
}

function namedFor(name: string, text: string, generation: number): SentStatement {
  const sent = generation === 0 ? text : `${text} /* names ${generation} */`
  const digest = createHash('sha256').update(sent).digest('hex').slice(0, DIGEST_CHARACTERS)
  return { text: sent, name: `${name.slice(0, READABLE_CHARACTERS_MAX)}_${digest}` }
}

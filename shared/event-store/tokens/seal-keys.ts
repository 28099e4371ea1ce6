import { Remembered } from '../../cache/index.ts'
import { TrickleError } from '../../errors/index.ts'
import { columns, orElse, text } from '../../postgres/index.ts'
import type { Database, RowOf, Statement } from '../../postgres/index.ts'
import { sealKeyOf } from './seal.ts'
import type { SealKey, SealKeyring } from './seal.ts'
import type { UnknownKey } from './tokens.ts'

/**
 * How long the keys are used without asking for them again. This is half of the time that a new key waits before it
 * seals (seal_key_delay in the database), so every instance knows a key before it gets a token that the key has sealed.
 */
const FRESH_MS = 30_000

/**
 * From this age on, the look-up of a tenant fetches the keys too. That is early enough that they need not be fetched
 * alone: a tenant is looked up again after 4 s, so a look-up comes before FRESH_MS. It is also so seldom that it costs
 * the look-ups nothing.
 */
const DUE_MS = 15_000

/** A column that another look-up can add to its own columns, so that the keys need no extra round trip. */
const SEAL_KEYS_COLUMN = '(select trickle_events_log.seal_keys())'

interface Known {
  readonly text: string
  readonly keyring: SealKeyring
}

/**
 * The keys that seal the tokens of one database. A request gets them together with the look-up of its tenant
 * (`companion`). They are fetched alone where no tenant is looked up, as in a job.
 */
export class SealKeys {
  readonly #database: Database
  readonly #keys: Remembered<Known>
  /** The last answer, of any age. */
  #last: Known | undefined

  /** @param now a clock in milliseconds that never runs backwards, that of `performance`; for tests. */
  constructor(database: Database, now: () => number = () => performance.now()) {
    this.#database = database
    this.#keys = new Remembered(() => this.#ask(), { freshMs: FRESH_MS, now })
  }

  /** For a TenantDirectory of the same database. */
  readonly companion = {
    name: 'seal_keys',
    column: SEAL_KEYS_COLUMN,
    isDue: (): boolean => this.#keys.ageMs >= DUE_MS,
    learn: (text: string | null, askedAtMs: number): void => {
      if (text !== null) this.#keys.learn(this.#read(text), askedAtMs)
    },
  } as const

  /** The keys, if they are known and at most 30 s old. */
  fresh(): SealKeyring | undefined {
    return this.#keys.fresh?.keyring
  }

  /** The keys, at most 30 s old. @throws TrickleError of the DATABASE_ family. */
  async recent(): Promise<SealKeyring> {
    return (await this.#keys.recent()).keyring
  }

  /** The keys as the database has them now. Calls at the same time share one query. @throws as `recent`. */
  async refreshed(): Promise<SealKeyring> {
    return (await this.#keys.shared()).keyring
  }

  async #ask(): Promise<Known> {
    const [row] = await this.#database.query(selectSealKeys, { isRead: true })
    return this.#read(row?.sealKeys ?? '[]')
  }

  /** To derive keys takes longer than to seal a token, so it is done only when the keys have changed. */
  #read(text: string): Known {
    if (this.#last?.text !== text) this.#last = { text, keyring: readKeyring(text) }
    return this.#last
  }
}

/**
 * Opens a token with the keys that are known. If its key is not among them, the keys are fetched and the token is tried
 * again. So a refused token costs one more query, and an accepted one mostly none.
 */
export async function openToken<T extends object>(
  keys: SealKeys,
  open: (keyring: SealKeyring) => T | UnknownKey,
): Promise<T | UnknownKey> {
  const point = open(await keys.recent())
  return point === 'unknown-key' ? open(await keys.refreshed()) : point
}

/** JSON, which is parsed only when it has changed. */
const sealKeysColumns = columns({ sealKeys: orElse(text, '[]') })

const selectSealKeys: Statement<RowOf<typeof sealKeysColumns>> = {
  name: 'select_seal_keys',
  text: `select ${SEAL_KEYS_COLUMN} as seal_keys`,
  columns: sealKeysColumns,
  values: [],
}

/** Reads the keys from the JSON of trickle_events_log.seal_keys. */
function readKeyring(text: string): SealKeyring {
  const byId = new Map<string, SealKey>()
  let sealing: SealKey | undefined
  for (const { id, secret, seals } of JSON.parse(text) as { id: string; secret: string; seals: boolean }[]) {
    const key = sealKeyOf(id, Buffer.from(secret, 'hex'))
    byId.set(id, key)
    if (seals) sealing = key
  }
  if (sealing === undefined) throw new TrickleError('INTERNAL', 'The log has no key to seal tokens with.')
  return { sealing, byId }
}

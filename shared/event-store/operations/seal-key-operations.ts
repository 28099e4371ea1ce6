import { recordAction } from '../../audit/index.ts'
import type { OperatorAction } from '../../audit/index.ts'
import { TrickleError } from '../../errors/index.ts'
import { columns, oneOf, orNull, text, timestamp } from '../../postgres/index.ts'
import type { Database, RowOf, Statement } from '../../postgres/index.ts'
import { PLATFORM_SCOPE, withReceipt } from '../../receipts/index.ts'
import type { Received, ReceiptKey } from '../../receipts/index.ts'

const keyStateColumns = columns({
  keyId: text,
  /** waiting: it opens tokens and will seal from `sealsFrom` on. sealing: it seals now. opening: it only opens now. */
  state: oneOf('waiting', 'sealing', 'opening'),
  sealsFrom: timestamp,
  reason: text,
  addedAt: timestamp,
})

type KeyStateRow = RowOf<typeof keyStateColumns>

/** A key as an operator sees it; its secret is never shown. */
export interface SealKeyState extends Omit<KeyStateRow, 'keyId'> {
  readonly id: string
}

/** What an operator can do with the keys that seal tokens. The database is that of the operator's login. */
export class SealKeyOperations {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** All keys, the newest first. @throws TrickleError of the DATABASE_ family. */
  async list(): Promise<SealKeyState[]> {
    const rows = await this.#database.query(selectSealKeyStates, { isRead: true })
    return rows.map(stateOfRow)
  }

  /**
   * Adds a key. It seals after a minute, when every instance can open what it seals.
   * @param reason 1 to 500 characters.
   * @throws TrickleError SEAL_KEYS_FULL, IDEMPOTENCY_KEY_REUSED, the DATABASE_ family.
   */
  async add(
    reason: string,
    idempotency: ReceiptKey | null = null,
    action?: OperatorAction,
  ): Promise<Received<SealKeyState>> {
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 201,
      work: async (run) => {
        const [added] = await run(addSealKey(reason))
        const id = added?.keyId ?? null
        if (id === null) throw full()
        const states = (await run(selectSealKeyStates)).map(stateOfRow)
        const state = states.find((key) => key.id === id)
        if (state === undefined) throw new TrickleError('INTERNAL', 'The key that was added is not there.')
        await recordAction(run, action, { target: id })
        return state
      },
    })
  }

  /**
   * Removes a key. Tokens that it sealed are answered 410 from then on, on every instance within half a minute.
   * @throws TrickleError SEAL_KEY_NOT_FOUND, SEAL_KEY_NEEDED, IDEMPOTENCY_KEY_REUSED, the DATABASE_ family.
   */
  async remove(
    id: string,
    idempotency: ReceiptKey | null = null,
    action?: OperatorAction,
  ): Promise<Received<{ removed: string }>> {
    return withReceipt(this.#database, {
      scope: PLATFORM_SCOPE,
      idempotency,
      status: 200,
      work: async (run) => {
        const [row] = await run(removeSealKey(id))
        if (row?.outcome !== 'removed') throw row?.outcome === 'needed' ? needed(id) : notFound(id)
        await recordAction(run, action, { target: id })
        return { removed: id }
      },
    })
  }
}

const full = (): TrickleError =>
  new TrickleError(
    'SEAL_KEYS_FULL',
    'There are 16 keys already. Remove an old one before a new one is added.',
  )

const needed = (id: string): TrickleError =>
  new TrickleError(
    'SEAL_KEY_NEEDED',
    `The key ${id} seals tokens, or did until less than a minute ago. Add another one, and remove this one when the other has sealed for a minute.`,
  )

const notFound = (id: string): TrickleError =>
  new TrickleError('SEAL_KEY_NOT_FOUND', `There is no key ${id}. The list of keys has their ids.`)

const selectSealKeyStates: Statement<KeyStateRow> = {
  name: 'select_seal_key_states',
  text: `select ${keyStateColumns.of('s')} from trickle_events_log.seal_key_states() s`,
  columns: keyStateColumns,
  values: [],
}

/** Null when there are 16 keys already. */
const addedColumns = columns({ keyId: orNull(text) })

const addSealKey = (reason: string): Statement<RowOf<typeof addedColumns>> => ({
  name: 'add_seal_key',
  text: 'select trickle_events_log.add_seal_key($1) as key_id',
  columns: addedColumns,
  values: [reason],
})

const removedColumns = columns({ outcome: oneOf('removed', 'absent', 'needed') })

const removeSealKey = (id: string): Statement<RowOf<typeof removedColumns>> => ({
  name: 'remove_seal_key',
  text: 'select r.outcome from trickle_events_log.remove_seal_key($1) r',
  columns: removedColumns,
  values: [id],
})

const stateOfRow = ({ keyId, ...state }: KeyStateRow): SealKeyState => ({ id: keyId, ...state })

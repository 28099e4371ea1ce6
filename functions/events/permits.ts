import { TrickleError } from '../../shared/errors/index.ts'
import type { AnyError } from '../../shared/errors/index.ts'
import type { Caller } from '../../shared/http/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'

/** Gives a permit back. A second call does nothing. */
export type GiveBack = () => void

/** Why there is no permit: the holder has its share already, or all are taken. */
export type NoPermit = 'share held' | 'all taken'

/** A class of requests that stay for long. */
export interface PlaceClass {
  /** What its requests are called in a refusal, in the plural. */
  readonly what: string
  /** Requests of this class that one instance serves at a time. */
  readonly max: () => number
  /** What else a client can do, as a sentence. */
  readonly advice: string
  /** How long a refused client is told to wait, in seconds. */
  readonly retryAfterSeconds: number
}

/**
 * The permits of one class in this instance. One holder has at most half of them, rounded up, so that nobody can shut
 * the others out. A class of one permit can't be halved: its holder has all of it until it ends.
 */
export class Permits {
  readonly #class: PlaceClass
  readonly #heldBy = new Map<string, number>()
  #taken = 0

  constructor(placeClass: PlaceClass) {
    this.#class = placeClass
  }

  /** Permits of one holder at the most. */
  get share(): number {
    return Math.ceil(this.#class.max() / 2)
  }

  take(holder: string): GiveBack | NoPermit {
    const held = this.#heldBy.get(holder) ?? 0
    // The holder's own share is checked first, because the holder itself can change that. If there are no permits at
    // all, nobody holds a share.
    if (held > 0 && held >= this.share) return 'share held'
    if (this.#taken >= this.#class.max()) return 'all taken'
    this.#taken += 1
    this.#heldBy.set(holder, held + 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#giveBack(holder)
    }
  }

  /**
   * @param full what a client is told when all are taken
   * @throws TrickleError TENANT_SHARE_HELD, or `full`.
   */
  takeOrRefuse(holder: string, full: AnyError): GiveBack {
    const taken = this.take(holder)
    if (taken === 'share held') throw this.shareHeld()
    if (taken !== 'all taken') return taken
    const { what, max, advice } = this.#class
    throw this.#refusal(full, `An instance serves ${max()} ${what} at a time, and this one does. ${advice}`)
  }

  /** The refusal of a client whose tenant has its share. */
  shareHeld(): TrickleError {
    const { what, max, advice } = this.#class
    return this.#refusal(
      'TENANT_SHARE_HELD',
      `An instance serves ${max()} ${what} at a time, ${this.share} of them for one tenant, and yours has these. ${advice}`,
    )
  }

  #refusal(error: AnyError, detail: string): TrickleError {
    return new TrickleError(error, detail, {
      headers: { 'Retry-After': String(this.#class.retryAfterSeconds) },
    })
  }

  #giveBack(holder: string): void {
    this.#taken -= 1
    const left = (this.#heldBy.get(holder) ?? 1) - 1
    // Holders come and go without end: one that holds nothing must not stay in memory.
    if (left === 0) this.#heldBy.delete(holder)
    else this.#heldBy.set(holder, left)
  }
}

/** The holder whose share a request counts to: its tenant. All operators share one, since they act for no tenant. */
export const holderOf = (caller: Caller<TenantContext>): string =>
  caller.kind === 'operator' ? 'operators' : caller.tenant.tenantId

/**
 * Lines of an export or an import. The permit is held from the first line that is asked for until the lines end, for
 * whatever reason they end.
 * @throws TrickleError TENANT_SHARE_HELD, BULK_WORK_FULL; before the first line
 */
export async function* asBulkWork(
  bulk: Permits,
  holder: string,
  lines: AsyncGenerator<string>,
): AsyncGenerator<string> {
  const giveBack = bulk.takeOrRefuse(holder, 'BULK_WORK_FULL')
  try {
    yield* lines
  } finally {
    giveBack()
  }
}

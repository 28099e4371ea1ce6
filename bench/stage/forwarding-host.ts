import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { BenchHost } from './hosts.ts'

const listSchema = z.object({ subscriptions: z.array(z.looseObject({ lagEvents: z.int() })) })

/** Pause between two looks at what is still to be forwarded. */
const LOOK_EVERY_MS = 100

/** Forwarding runs when it is told to: as the timer does it, by the admin endpoint of the host that has the timer. */
export class ForwardingHost {
  readonly #facts: BenchHost['facts']
  readonly #operatorToken: string

  /** @param host whose schedule never fires by itself, as in `appSettings` */
  constructor({ facts }: BenchHost, operatorToken: string) {
    this.#facts = facts
    this.#operatorToken = operatorToken
  }

  /** Starts a run and does not wait for its end. */
  async trigger(): Promise<void> {
    const response = await fetch(new URL('/admin/functions/forwarding', this.#facts.url), {
      method: 'POST',
      headers: { 'x-functions-key': this.#facts.masterKey, 'content-type': 'application/json' },
      body: '{"input":""}',
    })
    await response.text()
    if (response.status !== 202) throw new Error(`the forwarder could not be started: ${response.status}`)
  }

  /** Runs until everything that is in the log was handed over. */
  async catchUp(): Promise<void> {
    for (;;) {
      await this.trigger()
      await sleep(LOOK_EVERY_MS)
      if ((await this.#eventsBehind()) === 0) return
    }
  }

  /** Null before the first run, which makes the subscription. */
  async #eventsBehind(): Promise<number | null> {
    const response = await fetch(new URL('/api/operations/subscriptions', this.#facts.url), {
      headers: { authorization: `Bearer ${this.#operatorToken}` },
    })
    const { subscriptions } = listSchema.parse(await response.json())
    return subscriptions.length === 0 ? null : Math.max(...subscriptions.map(({ lagEvents }) => lagEvents))
  }

  /** Starts a run at once and then every `everyMs`, as long as `work` goes on. */
  async during<T>(work: () => Promise<T>, everyMs: number): Promise<T> {
    const over = new AbortController()
    const runs = (async () => {
      while (!over.signal.aborted) {
        await this.trigger()
        await sleep(everyMs, undefined, { signal: over.signal }).catch(() => {})
      }
    })()
    try {
      return await work()
    } finally {
      over.abort()
      await runs
    }
  }
}

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Bank } from './bank.ts'
import { insertAccount, opening, withdrawal } from './stage.ts'
import type { twoAccounts } from './stage.ts'

/** A write that comes again, by its key or by the ids of its events. */
export function describeRepeatedWrites(
  bank: () => Bank,
  open: (accountId: string) => Promise<string>,
  seen: (accountId: string) => ReturnType<typeof twoAccounts>,
): void {
  describe('the same write again', () => {
    it('by its key gets the first answer, is not decided again, and changes nothing', async () => {
      const { writes, acme } = bank()
      await open('k-1')
      const idempotency = keyOf(randomUUID())
      const first = await writes.write(acme, withdrawal(acme.tenantId, 'k-1', 40, { idempotency }))
      const again = await writes.write(acme, {
        ...withdrawal(acme.tenantId, 'k-1', 40, { idempotency }),
        decide: () => {
          throw new Error('decided twice')
        },
      })
      expect(again).toMatchObject({ streams: first.streams, replayed: true, replayedByKey: true })
      expect(again.consistencyToken).toBe(first.consistencyToken)
      expect(await seen('k-1')).toEqual({ table: '60 at 2', events: '60 at 2' })
    })

    it('by a key that came with another request is refused', async () => {
      const { writes, acme } = bank()
      await open('k-2')
      const { key } = keyOf(randomUUID())
      await writes.write(
        acme,
        withdrawal(acme.tenantId, 'k-2', 1, { idempotency: { key, fingerprint: Buffer.alloc(32, 1) } }),
      )
      const other = withdrawal(acme.tenantId, 'k-2', 2, {
        idempotency: { key, fingerprint: Buffer.alloc(32, 2) },
      })
      await expect(writes.write(acme, other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    })

    it('by its key, many at once, is done once, also where their locks are not the same', async () => {
      const { writes, acme } = bank()
      const idempotency = keyOf(randomUUID())
      const results = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          writes.write(acme, { ...opening(acme.tenantId, `k-3-${index}`, 1, 'k-3'), idempotency }),
        ),
      )
      expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1)
      expect(new Set(results.map(({ streams }) => streams[0]?.streamId)).size).toBe(1)
    })

    it("by its events' ids finds the first one, and refuses other content", async () => {
      const { writes, acme } = bank()
      await open('k-4')
      const id = randomUUID()
      const deposit = (amount: number) => ({
        streams: ['k-4'],
        decide: () => ({
          changes: [{ statement: insertAccount(acme.tenantId, `k-4-${randomUUID()}`, amount) }],
          streams: [
            {
              streamId: 'k-4',
              expected: { mode: 'any' as const },
              events: [{ id, type: 'Noted', data: { amount } }],
            },
          ],
        }),
      })
      const first = await writes.write(acme, deposit(-0 + 1))
      expect(await writes.write(acme, deposit(1))).toMatchObject({
        streams: first.streams,
        replayed: true,
        replayedByKey: false,
      })
      await expect(writes.write(acme, deposit(2))).rejects.toMatchObject({ code: 'EVENT_ID_EXISTS' })
    })
  })
}

const keyOf = (key: string) => ({ key, fingerprint: Buffer.alloc(32, key) })

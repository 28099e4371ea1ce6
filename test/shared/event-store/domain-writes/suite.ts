import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { noColumns } from '../../../../shared/postgres/index.ts'
import { readWhole } from '../support.ts'
import type { Bank } from './bank.ts'
import { describeRepeatedWrites } from './repeated.ts'
import { insertAccount, opening, twoAccounts, updateAccount, withdrawal } from './stage.ts'

/** What a domain may rely on, on every server and behind a pooler. */
export function describeDomainWrites(bank: () => Bank): void {
  const open = async (accountId: string, balance = 100): Promise<string> => {
    const { writes, acme } = bank()
    await writes.write(acme, opening(acme.tenantId, accountId, balance))
    return accountId
  }
  const seen = (accountId: string) => twoAccounts(bank().database, accountId)

  describe('a write of a domain', () => {
    it('changes the table and appends the event, and returns what an append returns', async () => {
      const { writes, acme, store } = bank()
      await open('a-1')
      const result = await writes.write(acme, withdrawal(acme.tenantId, 'a-1', 30))
      expect(result).toMatchObject({
        replayed: false,
        streams: [{ streamId: 'a-1', firstVersion: 2, version: 2, events: [{ version: 2 }] }],
      })
      expect(await seen('a-1')).toEqual({ table: '70 at 2', events: '70 at 2' })
      expect((await readWhole(store, acme, 'a-1')).map(({ type }) => type)).toEqual(['Opened', 'Withdrawn'])
    })

    it('reads what the last holder of its locks committed: many at once lose nothing', async () => {
      const { writes, acme } = bank()
      await open('a-2')
      await Promise.all(
        Array.from({ length: 8 }, () => writes.write(acme, withdrawal(acme.tenantId, 'a-2', 5))),
      )
      expect(await seen('a-2')).toEqual({ table: '60 at 9', events: '60 at 9' })
    })

    it('that decides against it writes nothing and gives its reason', async () => {
      const { writes, acme } = bank()
      await open('a-3', 10)
      await expect(writes.write(acme, withdrawal(acme.tenantId, 'a-3', 30))).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        detail: 'The account holds 10.',
      })
      expect(await seen('a-3')).toEqual({ table: '10 at 1', events: '10 at 1' })
    })

    it('whose append is refused changes no table', async () => {
      const { writes, acme } = bank()
      await open('a-4')
      const late = {
        ...opening(acme.tenantId, 'a-4', 5),
        decide: () => ({
          changes: [{ statement: updateAccount(acme.tenantId, 'a-4', 5, 1), rows: 1 }],
          streams: [
            {
              streamId: 'a-4',
              expected: { mode: 'none' as const },
              events: [{ type: 'Opened', data: { balance: 5 } }],
            },
          ],
        }),
      }
      await expect(writes.write(acme, late)).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
        extensions: { currentVersion: 1 },
      })
      expect(await seen('a-4')).toEqual({ table: '100 at 1', events: '100 at 1' })
    })

    it('whose change meets other rows than it must appends nothing, and throws the error made for it', async () => {
      const { writes, acme } = bank()
      await open('a-5')
      const stale = withdrawal(acme.tenantId, 'a-5', 5)
      await expect(
        writes.write(acme, {
          ...stale,
          decide: async () => {
            const decided = await stale.decide([[{ balance: 100, version: 0 }]])
            return {
              ...decided,
              streams: decided.streams.map((stream) => ({ ...stream, expected: { mode: 'any' as const } })),
            }
          },
        }),
      ).rejects.toMatchObject({ code: 'VERSION_CONFLICT', detail: 'The account was changed meanwhile.' })
      expect(await seen('a-5')).toEqual({ table: '100 at 1', events: '100 at 1' })
    })

    it('that breaks a constraint of its table throws the error made for it, and INTERNAL where none was made', async () => {
      const { writes, acme } = bank()
      await open('a-6')
      const twin = opening(acme.tenantId, 'a-7', 1, 'a-6')
      const refusals = { accounts_owner_name_key: () => new RangeError('one account each') }
      await expect(writes.write(acme, { ...twin, refusals })).rejects.toThrow(
        new RangeError('one account each'),
      )
      await expect(writes.write(acme, twin)).rejects.toMatchObject({ code: 'INTERNAL' })
      const overdrawn = {
        ...opening(acme.tenantId, 'a-8', -1),
        refusals: { accounts_balance_check: () => new RangeError('no debts') },
      }
      await expect(writes.write(acme, overdrawn)).rejects.toThrow(new RangeError('no debts'))
      expect(await seen('a-7')).toEqual({ table: null, events: null })
    })

    it('of one tenant neither sees nor changes rows of another', async () => {
      const { writes, other, acme } = bank()
      await open('a-9')
      await expect(writes.write(other, withdrawal(acme.tenantId, 'a-9', 1))).rejects.toMatchObject({
        code: 'STREAM_NOT_FOUND',
      })
      await expect(
        writes.write(other, { ...opening(acme.tenantId, 'a-10', 1), streams: ['a-10'] }),
      ).rejects.toMatchObject({
        code: 'INTERNAL',
      })
      expect(await seen('a-10')).toEqual({ table: null, events: null })
    })
  })

  describeRepeatedWrites(bank, open, seen)

  describe('a write that names what it did not announce', () => {
    it.each([
      [
        'a stream',
        {
          streams: [
            { streamId: 'n-2', expected: { mode: 'any' as const }, events: [{ type: 'Noted', data: 1 }] },
          ],
        },
        'the stream n-2',
      ],
      [
        'a condition',
        {
          streams: [
            { streamId: 'n-1', expected: { mode: 'any' as const }, events: [{ type: 'Noted', data: 1 }] },
          ],
          conditions: [{ streamId: 'n-3', expected: { mode: 'none' as const } }],
        },
        'the condition on n-3',
      ],
      [
        'a name',
        {
          streams: [
            {
              streamId: 'n-1',
              expected: { mode: 'any' as const },
              events: [{ type: 'Noted', data: 1 }],
              reservations: [{ set: 'iban', value: 'x' }],
            },
          ],
        },
        'the name "x" of the set "iban"',
      ],
    ])('%s is told so, and nothing is written', async (_what, decided, told) => {
      const { writes, acme, store } = bank()
      const write = writes.write(acme, { streams: ['n-1'], decide: () => ({ changes: [], ...decided }) })
      await expect(write).rejects.toMatchObject({
        code: 'INTERNAL',
        detail: expect.stringContaining(told) as string,
      })
      await expect(store.streamInfo(acme, 'n-1')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
    })

    it('announced, it may hold conditions and names, also of several streams', async () => {
      const { writes, acme } = bank()
      const name = { set: 'iban', value: randomUUID() }
      const write = (stream: string) =>
        writes.write(acme, {
          streams: [stream, `${stream}-log`],
          conditions: ['n-9'],
          names: [name],
          decide: () => ({
            changes: [{ statement: insertAccount(acme.tenantId, stream, 1) }],
            streams: [
              {
                streamId: stream,
                expected: { mode: 'none' as const },
                events: [{ type: 'Opened', data: { balance: 1 } }],
                reservations: [name],
              },
              {
                streamId: `${stream}-log`,
                expected: { mode: 'any' as const },
                events: [{ type: 'Noted', data: 1 }],
              },
            ],
            conditions: [{ streamId: 'n-9', expected: { mode: 'none' as const } }],
          }),
        })
      expect((await write('n-4')).streams).toHaveLength(2)
      await expect(write('n-5')).rejects.toMatchObject({ code: 'NAME_TAKEN' })
      expect(await seen('n-5')).toEqual({ table: null, events: null })
    })
  })

  it('a change that is not allowed ends the write before an earlier one is sent', async () => {
    const { writes, acme } = bank()
    await open('c-2')
    const taken = { statement: insertAccount(acme.tenantId, 'c-2', 1) }
    const odd = { statement: { name: 'odd', text: 'select 1', columns: noColumns, values: [] } }
    const write = writes.write(acme, {
      streams: ['c-2'],
      decide: () => ({
        changes: [taken, odd],
        streams: [
          { streamId: 'c-2', expected: { mode: 'any' as const }, events: [{ type: 'Noted', data: 1 }] },
        ],
      }),
    })
    // The first change alone would break a key, which nobody would be told of.
    await expect(write).rejects.toMatchObject({
      code: 'INTERNAL',
      detail: expect.stringContaining('"odd"') as string,
    })
    expect(await seen('c-2')).toEqual({ table: '100 at 1', events: '100 at 1' })
  })

  it('a change that is no insert, update, delete or merge, or returns rows beside a count, is refused before it is sent', async () => {
    const { writes, acme } = bank()
    for (const [text, rows] of [
      ['select 1', undefined],
      ['delete from trickle_banking_state.accounts returning 1', 1],
    ] as const) {
      const write = writes.write(acme, {
        streams: ['c-1'],
        decide: () => ({
          changes: [
            {
              statement: { name: 'odd', text, columns: noColumns, values: [] },
              ...(rows === undefined ? {} : { rows }),
            },
          ],
          streams: [
            { streamId: 'c-1', expected: { mode: 'any' as const }, events: [{ type: 'Noted', data: 1 }] },
          ],
        }),
      })
      await expect(write).rejects.toMatchObject({
        code: 'INTERNAL',
        detail: expect.stringContaining('"odd"') as string,
      })
    }
  })
}

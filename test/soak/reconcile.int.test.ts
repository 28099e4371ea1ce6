import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../soak/ledger/index.ts'
import { breachKinds } from '../../soak/reconcile/index.ts'
import type { BreachKind } from '../../soak/reconcile/index.ts'
import { commands, kindsOf, openStage, SEEN, truth } from './scene.ts'
import type { Scene, SceneStage } from './scene.ts'

/** The truth, with the entries of one command after it was sent replaced. */
const saying = (id: string, ...entries: LedgerEntry[]): LedgerEntry[] =>
  truth.flatMap((entry) => (entry[0] !== 'sent' && entry[1] === id ? entries : [entry]))

/** The truth, with one command remembered as another one. */
const sending = (id: string, other: object): LedgerEntry[] =>
  truth.map((entry) =>
    entry[0] === 'sent' && entry[1].id === id ? ['sent', { ...entry[1], ...other }] : entry,
  )

const EVENTS = 'trickle_events_log.events'

const cases: readonly (readonly [name: string, scene: Scene, kinds: readonly BreachKind[]])[] = [
  [
    'an answer to an append that is not there',
    { ledger: saying('0-3', ['answered', '0-3', [2], true]) },
    ['answer-missing'],
  ],
  [
    'an answer with another version',
    { ledger: saying('0-1', ['answered', '0-1', [4], true]) },
    ['answer-differs'],
  ],
  [
    'two answers with different versions',
    {
      ledger: saying(
        '0-1',
        ['answered', '0-1', [3], true],
        ['again', '0-1'],
        ['answered', '0-1', [2], false],
      ),
    },
    ['answer-differs'],
  ],
  [
    'an answer and a refusal',
    { ledger: saying('0-0', ['answered', '0-0', [1], true], ['again', '0-0'], ['refused', '0-0']) },
    ['answer-differs'],
  ],
  [
    'two attempts that both wrote',
    {
      ledger: saying('0-0', ['answered', '0-0', [1], true], ['again', '0-0'], ['answered', '0-0', [1], true]),
    },
    ['written-twice'],
  ],
  ['a refusal of what is there', { ledger: saying('0-0', ['refused', '0-0']) }, ['refusal-written']],
  [
    '"nothing was written" of what is there',
    { ledger: saying('0-0', ['nothing', '0-0']) },
    ['refusal-written'],
  ],
  [
    'a refusal of what was expected too early',
    { ledger: sending('0-3', { writes: [{ stream: 0, expected: 4, events: 1 }] }) },
    ['expected-too-much'],
  ],
  ['an abort of what is there', { ledger: saying('0-2', ['aborted', '0-2']) }, ['abort-written']],
  ['an answer that must not come', { ledger: saying('0-3', ['wrong', '0-3', 'INTERNAL']) }, ['wrong-answer']],
  ['an entry for what nobody sent', { ledger: [...truth, ['refused', '7-7']] }, ['wrong-answer']],
  [
    'an unknown outcome that could have been settled',
    { ledger: saying('0-0', ['unknown', '0-0']) },
    ['unsettled'],
  ],
  ['an attempt without an end that could have been settled', { ledger: saying('0-0') }, ['unsettled']],
  [
    'an event that is there twice',
    {
      tamper: (admin) =>
        admin.query(`insert into ${EVENTS} (tenant_id, stream_id, version, xid, event_id, type, occurred_at, recorded_at, data)
          select tenant_id, stream_id, 4, xid, 'copy', type, occurred_at, recorded_at, data from ${EVENTS} where event_id = '0-0-1'`),
    },
    [
      'event-doubled',
      'answer-differs',
      'condition-unmet',
      'not-contiguous',
      'head-differs',
      'reader-skipped',
    ],
  ],
  [
    'an event of nobody',
    {
      tamper: (admin) =>
        admin.query(`update ${EVENTS} set data = '{"command": "9-9", "index": 0}' where version = 3`),
    },
    ['event-unknown', 'answer-missing', 'receipt-differs'],
  ],
  [
    'half an append',
    {
      tamper: async (admin) => {
        await admin.query(`delete from ${EVENTS} where stream_id = 'hot-2'`)
        await admin.query(`delete from trickle_events_log.streams where stream_id = 'hot-2'`)
      },
      seen: SEEN.slice(0, 5),
    },
    ['torn', 'row-differs'],
  ],
  [
    'an append of two transactions',
    { tamper: (admin) => admin.query(`update ${EVENTS} set xid = '900000' where stream_id = 'hot-2'`) },
    ['torn'],
  ],
  [
    'a stream whose order is not that of the feed',
    { tamper: (admin) => admin.query(`update ${EVENTS} set position = 900000 where event_id = '0-0-0'`) },
    ['not-contiguous', 'reader-reordered'],
  ],
  [
    'a version that was not there',
    { ledger: sending('0-1', { writes: [{ stream: 0, expected: 1, events: 1 }] }) },
    ['condition-unmet'],
  ],
  [
    'a condition that did not hold',
    { ledger: sending('0-2', { conditions: [{ stream: 3, expected: -2 }] }) },
    ['condition-unmet'],
  ],
  [
    'a head beside its stream',
    { tamper: (admin) => admin.query('update trickle_events_log.streams set version = 9 where version = 3') },
    ['head-differs'],
  ],
  [
    'a stream without a head',
    { tamper: (admin) => admin.query('delete from trickle_events_log.streams where version = 3') },
    ['head-differs'],
  ],
  [
    'a lost receipt',
    { tamper: (admin) => admin.query('delete from trickle_commands_log.receipts') },
    ['receipt-differs'],
  ],
  ['a receipt of what is not there', { ledger: sending('0-1', { identity: 'ids' }) }, ['receipt-differs']],
  ['a reader that saw less', { seen: SEEN.filter((_, index) => index !== 3) }, ['reader-skipped']],
  ['a reader that saw one twice', { seen: [...SEEN, SEEN[5] ?? [0, 0, 0]] }, ['reader-doubled']],
  [
    'a reader that saw what is not in its scope',
    { reader: { scope: { tenant: 0, types: null, isOfMember: false } }, seen: SEEN.slice(0, 4) },
    ['reader-doubled'],
  ],
  [
    'a row of a domain without its event',
    {
      tamper: (admin) =>
        admin.query(
          'update soak_domain.streams set events = 9 where stream_id = (select min(stream_id) from soak_domain.streams)',
        ),
    },
    ['row-differs'],
  ],
  [
    'an event without the row that came with it',
    { tamper: (admin) => admin.query('delete from soak_domain.streams') },
    ['row-differs'],
  ],
  ['a reader that saw what is not there', { seen: [...SEEN, [1, 5, 1]] }, ['reader-doubled']],
  [
    'a reader that saw a stream backwards',
    { seen: [[0, 0, 2], [0, 0, 1], ...SEEN.slice(2)] },
    ['reader-inverted', 'reader-reordered'],
  ],
  [
    'a reader that saw another order of streams',
    { seen: [...SEEN.slice(0, 2), ...SEEN.slice(3), [0, 0, 3]] },
    ['reader-reordered'],
  ],
]

let stage: SceneStage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

describe('the reconciliation', () => {
  it('finds nothing in a run that went well, and counts it', async () => {
    const result = await stage.play({})
    expect(result.breaches).toEqual([])
    expect(result).toMatchObject({ events: 6, streams: 3, receipts: 1, eventsWithRows: 3 })
    expect(result.commands).toMatchObject({ commands: 4, answered: 3, conflicts: 1, severalStreams: 1 })
    expect(result.readers).toMatchObject([{ expected: 6, seen: 6 }])
  })

  it('counts what nobody can know, and finds nothing wrong with it', async () => {
    const { breaches, commands } = await stage.play({ ledger: saying('0-2', ['unknown', '0-2']) })
    expect(breaches).toEqual([])
    expect(commands).toMatchObject({ lostWritten: 1, lostNotWritten: 0 })
  })

  it('knows what a reader of one tenant and one type has to see', async () => {
    // The types of events follow each other: the n-th command's i-th event has the type (n + i).
    const reader = { scope: { tenant: 0, types: ['Noted'], isOfMember: false } }
    const { breaches, readers } = await stage.play({ reader, seen: SEEN.slice(1, 2) })
    expect(breaches).toEqual([{ ...breaches[0], kind: 'reader-skipped', count: 1 }])
    expect(readers).toMatchObject([{ expected: 2, seen: 1, skipped: 1, doubled: 0 }])
  })

  it.each(cases)('finds %s', async (_, scene, kinds) => {
    expect(kindsOf(await stage.play(scene))).toEqual([...kinds].sort())
  })

  it('is tried with everything that it can find', () => {
    expect([...new Set(cases.flatMap(([, , kinds]) => kinds))].sort()).toEqual(
      Object.keys(breachKinds).sort(),
    )
    expect(Object.values(commands).map(({ id }) => id)).toEqual(['0-0', '0-1', '0-2', '0-3'])
  })
})

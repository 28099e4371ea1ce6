import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ledger, readKilledLedger, readLedger } from '../../soak/ledger/index.ts'
import type { LedgerEntry } from '../../soak/ledger/index.ts'
import type { Command, Identity } from '../../soak/plan/index.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-ledger-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

const command = (nth: number, identity: Identity, incarnation = 0): Command => ({
  id: `${incarnation}-${nth}`,
  tenant: 0,
  writes: [{ stream: 1, expected: -1, events: 1 }],
  conditions: [],
  identity,
  way: 'store',
  fillerBytes: 3,
})

describe('the ledger of a killed writer', () => {
  it('has no entries when the writer did not come to open it', async () => {
    const entries: LedgerEntry[] = []
    for await (const entry of readLedger(join(folder, 'never-opened'))) entries.push(entry)
    expect(entries).toEqual([])
  })

  it('tells what was made and what nobody knows the outcome of', async () => {
    const file = join(folder, 'killed')
    const ledger = new Ledger(file)
    const [answered, unknown, repeated, unknowable, refused] = [
      command(0, 'ids'),
      command(1, 'key'),
      command(2, 'both'),
      command(3, 'none'),
      command(4, 'ids'),
    ]
    for (const sent of [answered, unknown, repeated, unknowable, refused]) ledger.write(['sent', sent])
    ledger.write(['answered', '0-0', [1], true])
    ledger.write(['unknown', '0-1'])
    ledger.write(['nothing', '0-2'])
    ledger.write(['again', '0-2'])
    ledger.write(['refused', '0-4'])
    const [taken, left] = [command(7, 'ids', 1), command(8, 'ids', 1)]
    ledger.write(['again', '1-7'])
    ledger.write(['answered', '1-7', [3], false])
    ledger.close()
    const { made, unsettled } = await readKilledLedger(file, [taken, left])
    expect(made).toBe(5)
    expect(unsettled.map(({ id }) => id).sort()).toEqual(['0-1', '0-2', '1-8'])
  })

  it('may end in the middle of a line', async () => {
    const file = join(folder, 'torn')
    const ledger = new Ledger(file)
    ledger.write(['refused', '0-0'])
    ledger.close()
    await appendFile(file, '["answered","0-1",[1]')
    const entries: LedgerEntry[] = []
    for await (const entry of readLedger(file)) entries.push(entry)
    expect(entries).toEqual([['refused', '0-0']])
  })
})

import { describe, expect, it } from 'vitest'
import { UsageError } from '../../packages/command-flags/index.ts'
import { parseCommand } from '../../soak/options.ts'

describe('the options of a soak', () => {
  it('make a run of 20,000 appends, with a seed of its own', () => {
    expect(parseCommand([])).toMatchObject({
      kind: 'soak',
      soak: {
        appends: 20_000,
        minutes: null,
        processes: 3,
        callers: 8,
        writerKills: 2,
        durable: false,
        postgres: 18,
      },
    })
  })

  it('are taken as they are given', () => {
    const flags =
      '--appends 1000000 --minutes 30 --seed 7 --processes 2 --callers 16 --writer-kills 9 --kill-every 50'
    const others = '--cuts 10 --durable --postgres 17 --out there.json'
    expect(parseCommand(`${flags} ${others}`.split(' '))).toMatchObject({
      outFile: 'there.json',
      soak: {
        appends: 1_000_000,
        minutes: 30,
        seed: 7,
        processes: 2,
        callers: 16,
        writerKills: 9,
        killEveryMs: 50,
        cutsPerThousand: 10,
        durable: true,
        postgres: 17,
      },
    })
  })

  it('let the time alone end a run that names no appends', () => {
    expect(parseCommand(['--minutes', '10'])).toMatchObject({
      soak: { minutes: 10, appends: 5_000_000, writerKills: 20 },
    })
  })

  it('kill a writer every 25,000 appends', () => {
    expect(parseCommand(['--appends', '1000000'])).toMatchObject({ soak: { writerKills: 40 } })
  })

  it('name the other measurement', () => {
    expect(parseCommand(['--foreign', '60', '--rate', '20'])).toEqual({
      kind: 'foreign',
      outFile: undefined,
      foreign: { seconds: 60, appendsPerSecond: 20, durable: false, postgres: 18 },
    })
  })

  it.each([
    ['--appends', '0'],
    ['--appends', '1e3'],
    ['--processes', '1'],
    ['--postgres', '16'],
    ['--foreign', '0'],
    ['--unknown', '1'],
    ['surplus'],
  ])('refuse %s %s', (...args) => {
    expect(() => parseCommand(args.filter((arg) => arg !== undefined))).toThrow(UsageError)
  })
})

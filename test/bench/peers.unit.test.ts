import { afterEach, describe, expect, it, vi } from 'vitest'
import { checkDisk } from '../../bench/growth/disk.ts'
import { parseGrowthCommand } from '../../bench/growth/options.ts'
import { UsageError } from '../../packages/command-flags/index.ts'
import { parsePeersCommand } from '../../bench/peers/options.ts'
import { cpuSamples, figuresOf } from '../../bench/peers/pairs.ts'
import { martenIn, readOutput, readWrk } from '../../bench/peers/tools/index.ts'

const PGBENCH = `pgbench (15.18)
transaction type: insert.sql
number of transactions actually processed: 1234
number of failed transactions: 0 (0.000%)
latency average = 0.8 ms
tps = 1987.654321 (without initial connection time)
`

describe('the output of pgbench', () => {
  it('is read for rows and rate', () => {
    expect(readOutput(PGBENCH)).toEqual({ rows: 1234, rowsPerSecond: 1987.654321 })
  })

  it('may tell of no rows at all, and then has no rate', () => {
    const none = PGBENCH.replace('1234', '0').replace(/^tps.*$/m, '')
    expect(readOutput(none)).toEqual({ rows: 0, rowsPerSecond: 0 })
  })

  it.each([
    ['failures', PGBENCH.replace('failed transactions: 0', 'failed transactions: 3')],
    ['no rate', PGBENCH.replace('tps', 'rate')],
    ['nothing', ''],
  ])('is refused with %s', (_, output) => {
    expect(() => readOutput(output)).toThrow(/pgbench/)
  })
})

const WRK = `Running 2s test @ http://127.0.0.1:1/
  1 threads and 16 connections
  Latency Distribution
     50%  900.00us
     75%    1.20ms
     90%    2.00ms
     99%    1.50s 
  2468 requests in 2.00s, 1.00MB read
Requests/sec:   1234.56
Transfer/sec:    512.00KB
`

describe('the output of wrk', () => {
  it('is read for the rate and the latencies', () => {
    expect(readWrk(WRK)).toEqual({ requests: 2468, value: 1234.56, p50Ms: 0.9, p99Ms: 1500 })
  })

  it.each([
    ['failed requests', `${WRK}  Non-2xx or 3xx responses: 3`, /Non-2xx/],
    ['lost connections', `${WRK}  Socket errors: connect 0, read 1, write 0, timeout 0`, /Socket errors/],
    ['no rate', WRK.replace('Requests/sec', 'rate'), /not the output of wrk/],
  ])('is refused with %s', (_, output, message) => {
    expect(() => readWrk(output)).toThrow(message)
  })
})

describe('pairs of arms', () => {
  const facts = { section: 's', name: 'n', unit: 'events/s' }
  const samples = {
    a: [{ value: 4, cpuMicros: { server: 10 } }],
    b: [{ value: 2, cpuMicros: { server: null } }],
  }

  it('become figures where both were measured', () => {
    const figures = figuresOf(facts, samples, [
      { ours: 'a', with: 'b', target: { comparison: 'at-least', value: 2 } },
      { ours: 'a', with: 'c' },
    ])
    expect(figures.map(({ name, ratio, target }) => [name, ratio.median, target?.isMet])).toEqual([
      ['n: a / b', 2, true],
    ])
  })

  it('are compared by CPU only where the system tells it', () => {
    expect(cpuSamples(samples.a, 'server')).toEqual([{ value: 10, cpuMicros: {} }])
    expect(cpuSamples(samples.b, 'server')).toBeNull()
  })
})

describe('the flags of the commands', () => {
  it('have defaults that measure', () => {
    expect(parsePeersCommand([], 5)).toMatchObject({
      sections: ['append', 'hot', 'read', 'coalesced', 'pgbench', 'trips', 'projections', 'door'],
      options: {
        rounds: 5,
        turnMs: 1_000,
        connections: 5,
        concurrencies: [1, 4, 8, 16, 32, 64],
        mode: 'named',
      },
      locate: { install: true, messageDbFolder: undefined, needsMarten: true },
    })
    expect(parseGrowthCommand([], 5).options).toMatchObject({
      sizes: [10_000, 1_000_000],
      tenantCounts: [10, 10_000],
    })
  })

  it('leave Marten alone where no part compares with it', () => {
    expect(parsePeersCommand(['pgbench', 'trips'], 5).locate.needsMarten).toBe(false)
  })

  it('let a log grow further, and in the short form not at all', () => {
    expect(parseGrowthCommand(['--to', '10000000'], 5).options.sizes).toEqual([10_000, 1_000_000, 10_000_000])
    expect(parseGrowthCommand(['--to', '30000'], 5).options.sizes).toEqual([10_000, 30_000])
    expect(parseGrowthCommand(['--short'], 5).options.sizes).toEqual([10_000])
  })

  it.each([
    [() => parsePeersCommand(['marten'], 5), /no section "marten"/],
    [() => parsePeersCommand(['--mode', 'prepared'], 5), /--mode/],
    [() => parseGrowthCommand(['--to', '12345'], 5), /multiple of 10000/],
    [() => parseGrowthCommand(['append'], 5), /append/],
  ])('are refused with the usage', (parse, message) => {
    expect(parse).toThrow(UsageError)
    expect(parse).toThrow(message)
    expect(parse).toThrow(/npm run bench:/)
  })
})

describe('Marten', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('is left out where .NET is missing, and where nothing may be made, and says why', async () => {
    vi.stubEnv('PATH', '')
    expect(await martenIn('/nowhere', true)).toEqual({
      missing: expect.stringContaining('dotnet is not on the path') as string,
    })
    expect(await martenIn('/nowhere', false)).toEqual({
      missing: expect.stringContaining('--no-install') as string,
    })
  })
})

describe('the disk', () => {
  it('is asked before anything is stored on it', async () => {
    await expect(checkDisk(10_000_000_000_000)).rejects.toThrow(/need 10000006\.0 GB/)
    await expect(checkDisk(-6_000_000)).resolves.toBeUndefined()
  })
})

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { IngestStatusQueues } from 'azure-kusto-ingest'
import {
  ask,
  call,
  countRows,
  DATABASE_NAME,
  event,
  eventProperties,
  ingestClient,
  pendingMessages,
  sendRecords,
  setFaults,
  startHarness,
} from './harness.ts'
import type { Harness } from './harness.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let harness: Harness
let url: string
let faultsUrl: string

beforeAll(async () => {
  harness = await startHarness()
  url = harness.analytics.url
  faultsUrl = harness.analytics.faultsUrl
})

afterAll(async () => {
  await harness.close()
})

afterEach(async () => {
  await fetch(faultsUrl, { method: 'DELETE' })
})

async function query(text: string): Promise<{ status: number; body: string } | 'cut'> {
  try {
    const answer = await call(url, '/v2/rest/query', {
      method: 'POST',
      body: JSON.stringify({ db: DATABASE_NAME, csl: text }),
    })
    return { status: answer.status, body: await answer.text() }
  } catch {
    return 'cut'
  }
}

async function command(text: string): Promise<number | 'cut'> {
  try {
    const answer = await call(url, '/v1/rest/mgmt', {
      method: 'POST',
      body: JSON.stringify({ db: DATABASE_NAME, csl: text }),
    })
    return answer.status
  } catch {
    return 'cut'
  }
}

function rows(batch: string): Promise<number> {
  return countRows(url, `EventsRaw | where BatchId == '${batch}'`)
}

async function untilAllIsThrough(): Promise<void> {
  await expect.poll(() => pendingMessages(harness.storage), { timeout: 60_000, interval: 20 }).toBe(0)
}

describe('a rule on Kusto requests', () => {
  test('with status answers it and does nothing', async () => {
    await setFaults(faultsUrl, [{ match: '.create-merge table Refused', status: 503, times: 1 }])
    expect(await command('.create-merge table Refused (A:string)')).toBe(503)
    expect(await command('.show table Refused cslschema')).toBe(400)
    expect(await command('.create-merge table Refused (A:string)')).toBe(200)
  })

  test('with cut destroys the connection', async () => {
    await setFaults(faultsUrl, [{ match: '/v2/rest/QUERY', cut: true, times: 2 }])
    expect(await query('EventsRaw | count')).toBe('cut')
    expect(await query('EventsRaw | count')).toBe('cut')
    expect(await query('EventsRaw | count')).toMatchObject({ status: 200 })
  })

  test('with after does the work and loses the answer', async () => {
    await setFaults(faultsUrl, [
      { match: 'table Lost1', status: 500, after: true },
      { match: 'table Lost2', cut: true, after: true },
    ])
    expect(await command('.create table Lost1 (A:string)')).toBe(500)
    expect(await command('.create table Lost2 (A:string)')).toBe('cut')
    await fetch(faultsUrl, { method: 'DELETE' })
    expect(await command('.show table Lost1 cslschema')).toBe(200)
    expect(await command('.show table Lost2 cslschema')).toBe(200)
  })

  test('with delayMs holds the request back and then lets it through', async () => {
    await setFaults(faultsUrl, [{ match: 'Slow', delayMs: 1500 }])
    const order: string[] = []
    await Promise.all([
      query("EventsRaw | where Source == 'Slow' | count").then(() => order.push('slow')),
      query('EventsRaw | count').then(() => order.push('fast')),
    ])
    expect(order).toEqual(['fast', 'slow'])
  })

  test('may be a pattern, and the first that fires decides', async () => {
    await setFaults(faultsUrl, [
      { match: String.raw`/^POST \/v2\/rest\/query \| .*order by .* desc/i`, status: 429 },
      { match: 'EventsRaw', status: 500 },
    ])
    expect(await query('EventsRaw | ORDER BY Position DESC | take 1')).toMatchObject({ status: 429 })
    expect(await query('EventsRaw | order by Position asc | take 1')).toMatchObject({ status: 500 })
    expect(await (await fetch(faultsUrl)).json()).toMatchObject({ rules: [{ hits: 1 }, { hits: 1 }] })
  })

  test('with probability fires by the seed: the same again with the same seed', async () => {
    const draw = async (seed: number): Promise<string> => {
      await setFaults(faultsUrl, [{ match: 'count', status: 500, probability: 0.5 }], seed)
      let drawn = ''
      for (let index = 0; index < 20; index += 1) {
        const answer = await query('EventsRaw | count')
        drawn += answer !== 'cut' && answer.status === 500 ? 'x' : '.'
      }
      return drawn
    }
    const first = await draw(7)
    expect(first).toMatch(/x/u)
    expect(first).toMatch(/\./u)
    expect(await draw(7)).toBe(first)
    expect(await draw(8)).not.toBe(first)
  })

  test('leaves the fault door and the health check alone', async () => {
    await setFaults(faultsUrl, [{ match: '/', cut: true }])
    expect((await call(url, '/healthz')).status).toBe(200)
    expect((await fetch(faultsUrl)).status).toBe(200)
    expect(await query('EventsRaw | count')).toBe('cut')
  })
})

describe('a rule on storage requests', () => {
  test('with a cut before the work makes the storage SDK send again: the rows come once', async () => {
    await setFaults(faultsUrl, [{ match: '/messages', cut: true, times: 1 }])
    await sendRecords(url, 'cut-before', [event(1, { BatchId: 'cut-before' })])
    await untilAllIsThrough()
    expect(await rows('cut-before')).toBe(1)
    expect(await (await fetch(faultsUrl)).json()).toMatchObject({ rules: [{ hits: 1 }] })
  })

  test('with a lost answer makes the storage SDK send the message twice: the rows come twice, as in ADX', async () => {
    await setFaults(faultsUrl, [{ match: '/messages', cut: true, after: true, times: 1 }])
    await sendRecords(url, 'lost', [event(1, { BatchId: 'lost' })])
    await untilAllIsThrough()
    expect(await rows('lost')).toBe(2)
  })

  test('with a lost answer and a tag skips the second message', async () => {
    await setFaults(faultsUrl, [{ match: '/messages', cut: true, after: true, times: 1 }])
    const tagged = eventProperties({ ingestByTags: ['lost-tagged'], ingestIfNotExists: '["lost-tagged"]' })
    await sendRecords(url, 'lost-tagged', [event(1, { BatchId: 'lost-tagged' })], tagged)
    await untilAllIsThrough()
    expect(await rows('lost-tagged')).toBe(1)
  })

  test('with a refused upload makes the SDK use the next container', async () => {
    await setFaults(faultsUrl, [
      { match: String.raw`/^PUT \/trickle\/kusto-\w+-temp-\d\//`, status: 403, times: 1 },
    ])
    await sendRecords(url, 'refused', [event(1, { BatchId: 'refused' })])
    await untilAllIsThrough()
    expect(await rows('refused')).toBe(1)
  })
})

describe('a rule on the ingestion of a message', () => {
  test('with after and cut ingests it and sees it again: twice, but for a tag', async () => {
    await setFaults(faultsUrl, [
      { match: '/^INGEST \\/trickle\\/EventsRaw\\?blob=.*again/', cut: true, after: true, times: 2 },
    ])
    await sendRecords(url, 'again-plain', [event(1, { BatchId: 'again-plain' })])
    await untilAllIsThrough()
    expect(await rows('again-plain')).toBe(3)
    await setFaults(faultsUrl, [{ match: 'ingest-by:again-tagged', cut: true, after: true, times: 1 }])
    const tagged = eventProperties({ ingestByTags: ['again-tagged'], ingestIfNotExists: '["again-tagged"]' })
    await sendRecords(url, 'again-tagged', [event(1, { BatchId: 'again-tagged' })], tagged)
    await untilAllIsThrough()
    expect(await rows('again-tagged')).toBe(1)
  })

  test('with a status of 5xx reports a transient failure, with 4xx a permanent one', async () => {
    await setFaults(faultsUrl, [
      { match: '/^INGEST .*transient/', status: 503, times: 1 },
      { match: '/^INGEST .*permanent/', status: 400, times: 1 },
    ])
    const client = ingestClient(url)
    const { failure } = new IngestStatusQueues(client)
    await sendRecords(url, 'transient', [event(1, { BatchId: 'transient' })])
    await untilAllIsThrough()
    expect(await failure.pop(1)).toMatchObject([{ FailureStatus: 'Transient', ShouldRetry: true }])
    await sendRecords(url, 'permanent', [event(1, { BatchId: 'permanent' })])
    await untilAllIsThrough()
    expect(await failure.pop(1)).toMatchObject([{ FailureStatus: 'Permanent', ShouldRetry: false }])
    expect([await rows('transient'), await rows('permanent')]).toEqual([0, 0])
    client.close()
  })

  test('with delayMs keeps the rows back while the message waits', async () => {
    await setFaults(faultsUrl, [{ match: 'INGEST /trickle/EventsRaw?blob=http', delayMs: 3000, times: 1 }])
    await sendRecords(url, 'held', [event(1, { BatchId: 'held' })])
    expect(await rows('held')).toBe(0)
    expect(await pendingMessages(harness.storage)).toBe(1)
    await untilAllIsThrough()
    expect(await rows('held')).toBe(1)
  })
})

describe('the fault door', () => {
  test.each([
    ['no rules', {}, 'rules'],
    ['a rule without an effect', { rules: [{ match: 'x' }] }, 'status, delayMs or cut'],
    ['status and cut', { rules: [{ match: 'x', status: 500, cut: true }] }, 'exclude each other'],
    ['after with a delay alone', { rules: [{ match: 'x', delayMs: 1, after: true }] }, 'after needs'],
    ['an unknown member', { rules: [{ match: 'x', status: 500, chance: 1 }] }, 'chance'],
    ['a status that is no failure', { rules: [{ match: 'x', status: 200 }] }, '400'],
    ['a wrong pattern', { rules: [{ match: '/(/', status: 500 }] }, 'regular expression'],
    ['a probability above 1', { rules: [{ match: 'x', status: 500, probability: 2 }] }, 'probability'],
    ['an empty match', { rules: [{ match: '', status: 500 }] }, 'match'],
  ])('refuses %s and keeps its rules', async (_what, plan, named) => {
    await setFaults(faultsUrl, [{ match: 'kept', status: 500 }])
    const answer = await fetch(faultsUrl, { method: 'POST', body: JSON.stringify(plan) })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain(named)
    expect(await (await fetch(faultsUrl)).json()).toMatchObject({ rules: [{ match: 'kept' }] })
  })

  test('refuses what is no JSON and other methods', async () => {
    expect((await fetch(faultsUrl, { method: 'POST', body: '{' })).status).toBe(400)
    expect((await fetch(faultsUrl, { method: 'PUT', body: '{}' })).status).toBe(405)
  })
})

test('without rules everything works', async () => {
  expect(await ask(url, 'EventsRaw | take 0')).toEqual([])
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApi } from '../support/api.ts'
import type { Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'

const cli = join(import.meta.dirname, '..', '..', 'cli', 'bin.mjs')

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api?.run.stop())

/** Starts a command beside the running product, in a tenant that only this file has. */
function begin(...words: string[]) {
  const where = ['--home', api.run.home, '--tenant', api.slugs.acme]
  const child = spawn(process.execPath, [cli, ...words, ...where])
  const seen = { out: '', error: '' }
  child.stdout.on('data', (chunk: Buffer) => (seen.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (seen.error += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...seen }))
  return { child, seen, ended }
}

async function trickle(...words: string[]) {
  const { child, ended } = begin(...words)
  child.stdin.end()
  return ended
}

test('an event is appended and read with a token that the command makes, digit by digit', async () => {
  const data = '{"sku":"A-1","quantity":12345678901234567}'
  const said = ['append', 'cart-1', '--type', 'ItemAdded', '--id', 'added-1', '--data', data]
  expect(await trickle(...said)).toEqual({
    code: 0,
    out: 'Appended: version 1 of cart-1 is the event added-1.\n',
    error: '',
  })
  expect((await trickle(...said)).out).toBe(
    'It was there already: version 1 of cart-1 is the event added-1.\n',
  )
  const { out } = await trickle('read', 'cart-1')
  expect(out).toContain(data)
  expect((await trickle('read', 'cart-1', '--json')).out).toContain('"quantity": 12345678901234567')
  expect(await trickle('append', 'cart-1', '--type', 'A', '--data', '1', '--expect', '7')).toMatchObject({
    code: 1,
    error: expect.stringContaining('412 VERSION_CONFLICT: The stream cart-1 is at version 1') as string,
  })
  expect(await trickle('read', 'cart-2')).toMatchObject({
    code: 1,
    error: expect.stringContaining('404 STREAM_NOT_FOUND') as string,
  })
})

test('events come from standard input, one a line, and data too', async () => {
  const { child, ended } = begin('append', 'piped', '-')
  child.stdin.end('{"type":"A","data":1}\n{"type":"B","data":2}\n')
  expect(await ended).toMatchObject({ out: 'Appended: versions 1 to 2 of piped are these 2 events.\n' })
  const other = begin('append', 'piped', '--type', 'C', '--data', '-', '--expect', '2')
  other.child.stdin.end('{"deep": [1.5]}')
  expect((await other.ended).code).toBe(0)
  const read = JSON.parse((await trickle('read', 'piped', '--backward', '--json')).out) as unknown
  expect(read).toMatchObject({ events: [{ type: 'C', data: { deep: [1.5] } }, { type: 'B' }, { type: 'A' }] })
})

test('tail shows what is appended while it waits, and ends well with Ctrl-C', async () => {
  await trickle('append', 'before', '--type', 'Old', '--data', 'null')
  await api.feedSettled()
  const { child, seen, ended } = begin('tail')
  // When it waits is not to be seen from outside, so events come until it shows one.
  await eventually(async () => {
    await trickle('append', 'live', '--type', 'New', '--data', '{"a":1}')
    return seen.out
  }).toMatch(/^\S+ {2}live \d+ {2}New {2}\{"a":1\}\n/u)
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 0, error: '' })
  expect(seen.out).not.toContain('Old')
})

test('tail shows from the beginning on what was there, each event once', async () => {
  await api.feedSettled()
  const { out } = await trickle('tail', '--beginning', '--type', 'A', '--json', '--count', '1')
  expect(JSON.parse(out)).toMatchObject({ streamId: 'piped', version: 1, type: 'A' })
})

test('a service acts for the tenant that is named', async () => {
  const token = (await api.run.trickle('token', '--service', '--roles', 'writer')).stdout.trim()
  const { code, error } = await trickle(
    'append',
    'by-service',
    '--type',
    'A',
    '--data',
    '1',
    '--token',
    token,
  )
  expect([code, error]).toEqual([0, ''])
})

test('open prints the page that answers, and logs show what the host has written', async () => {
  const page = (await api.run.trickle('open')).stdout.trim()
  expect((await fetch(page)).status).toBe(200)
  // All lines: how many the host has written since its start depends on the tests before.
  const logs = await api.run.trickle('logs', 'public-host', '--lines', '10000')
  expect(logs.stdout).toContain('The Functions host serves')
  const { child, seen, ended } = (() => {
    const words = ['logs', '--follow', '--lines', '1', '--home', api.run.home]
    const follower = spawn(process.execPath, [cli, ...words])
    const texts = { out: '' }
    follower.stdout.on('data', (chunk: Buffer) => (texts.out += chunk.toString()))
    return { child: follower, seen: texts, ended: once(follower, 'close') }
  })()
  await eventually(() => seen.out).toMatch(/^postgres +\S/mu)
  child.kill('SIGINT')
  expect((await ended)[0]).toBe(0)
})

test('where nothing runs, each says so and what to do', async () => {
  for (const words of [['append', 's', '--type', 'A', '--data', '1'], ['read', 's'], ['tail'], ['open']]) {
    const asked = spawn(process.execPath, [cli, ...words, '--home', join(api.run.home, 'none')])
    let error = ''
    asked.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()))
    const [code] = (await once(asked, 'close')) as [number]
    expect([code, error]).toEqual([1, expect.stringMatching(/^Trickle is not running .*npm start/u)])
  }
})

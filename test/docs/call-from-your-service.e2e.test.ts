import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programsOf, runExample } from '../../tools/service-examples/index.ts'
import { startApi } from '../support/api.ts'
import type { Api } from '../support/api.ts'
import type { LocalRun } from '../support/local-run.ts'
import { examplesOf, outputOf, repository } from './examples.ts'

let api: Api
let local: LocalRun
const page = readFile(`${repository}/docs/call-from-your-service.md`, 'utf8')

beforeAll(async () => {
  api = await startApi()
  local = api.run
}, 240_000)
afterAll(() => local?.stop())

const mask = (text: string): string =>
  text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME').trimEnd()

describe('docs/call-from-your-service.md', () => {
  it('shows requests with curl that answer what it shows', async () => {
    let before = ''
    for (const { command, answer } of examplesOf(await page)) {
      expect([command, mask(await outputOf(api, before, command))]).toEqual([command, mask(answer ?? '')])
      before += command.split('\n').find((line) => line.startsWith('TOKEN=')) ?? ''
      before += '\n'
    }
  })

  it('shows a program in TypeScript that appends once and handles once, by a door that refuses and loses', async () => {
    const program = programsOf(await page).find(({ language }) => language === 'typescript')
    if (program === undefined) throw new Error('there is no program in TypeScript')
    const product = {
      url: local.url,
      operatorUrl: local.background.url,
      operatorToken: await local.token({ roles: ['operator'] }),
      serviceToken: await local.token({ roles: ['service', 'writer', 'reader'] }),
    }
    await expect(runExample(program, product)).resolves.toBeUndefined()
    // And one that does not try again is found out.
    const impatient = { ...program, text: program.text.replace('ATTEMPTS = 6', 'ATTEMPTS = 1') }
    await expect(runExample(impatient, product)).rejects.toThrow('TOO_MANY')
  })
})

describe('the running product', () => {
  it('records what an operator does and lists it by the command line, under the trace of the request', async () => {
    const operator = await local.token({ roles: ['operator'] })
    const traceId = 'c'.repeat(32)
    const response = await fetch(`${local.background.url}/api/tenants`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${operator}`,
        'content-type': 'application/json',
        traceparent: `00-${traceId}-${'d'.repeat(16)}-01`,
      },
      body: JSON.stringify({ slug: `recorded-${api.slugs.acme}` }),
    })
    expect(response.status).toBe(201)
    const { actions } = JSON.parse((await local.trickle('actions', '--limit', '1000', '--json')).stdout) as {
      actions: { target: string; traceId: string; subject: string }[]
    }
    expect(actions.find(({ target }) => target === `recorded-${api.slugs.acme}`)).toMatchObject({
      subject: 'test',
      traceId,
    })
  })

  it('makes tokens of services, and writes of refused requests into its log without what they held', async () => {
    const service = (await local.trickle('token', '--service', '--roles', 'reader')).stdout.trim()
    const refused = await fetch(`${local.url}/api/streams/secret-stream/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${service}`,
        'trickle-tenant': api.slugs.acme,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ type: 'Secret', data: {} }),
    })
    const { code, traceId } = (await refused.json()) as { code: string; traceId: string }
    expect([refused.status, code]).toEqual([403, 'ROLE_MISSING'])
    const line = await loggedLine(traceId)
    expect(line).toMatchObject({
      event: 'access.refused',
      subject: 'trickle-cli',
      tenant: api.slugs.acme,
      path: '/api/streams/{streamId}/events',
      status: 403,
    })
    expect(JSON.stringify(line)).not.toMatch(/secret|Secret|eyJ/)
  })

  /** The line of a trace in the logs of the run, once it is there. */
  async function loggedLine(traceId: string): Promise<unknown> {
    for (;;) {
      const files = (await readdir(`${local.home}/logs`)).filter((name) => name.endsWith('.log'))
      const log = (
        await Promise.all(files.map((name) => readFile(`${local.home}/logs/${name}`, 'utf8')))
      ).join('\n')
      const line = log.split('\n').find((text) => text.includes(traceId) && text.includes('access.refused'))
      if (line !== undefined) return JSON.parse(line.slice(line.indexOf('{')))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
})

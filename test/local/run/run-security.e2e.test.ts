import { readdirSync, readFileSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oversizedHeads } from '../../../attack/oversized-heads.ts'
import type { AttackTarget } from '../../../attack/part.ts'
import type { Status } from '../../../local/run/index.ts'
import { pages, send } from '../loopback/page.ts'
import { homeFolder, START_LIMIT_MS, statusOf, trickle } from './support.ts'

describe('the local run', () => {
  const { home, remove } = homeFolder()
  let status: Status
  beforeAll(async () => {
    const started = await trickle('start', '--detach', '--home', home, '--port', '0', '--postgres-port', '0')
    if (started.code !== 0) throw new Error(started.error)
    status = await statusOf(home)
  }, START_LIMIT_MS)
  afterAll(remove, START_LIMIT_MS)

  test('keeps everything that it writes from other accounts', () => {
    const open: string[] = []
    // Under root PostgreSQL runs as another account: it may pass through these two, and look into neither.
    const passable = process.getuid?.() === 0 ? [home, join(home, 'postgres')] : []
    const look = (path: string): void => {
      const facts = lstatSync(path)
      const allowed = passable.includes(path) ? 0o711 : 0o700
      if (!facts.isSymbolicLink() && (facts.mode & 0o777 & ~allowed) !== 0)
        open.push(`${path} ${(facts.mode & 0o777).toString(8)}`)
      if (facts.isDirectory()) for (const name of readdirSync(path)) look(join(path, name))
    }
    look(home)
    expect(open).toEqual([])
  })

  test.runIf(process.platform === 'linux')(
    'lets its processes write for themselves alone, and shows no secret in their arguments',
    () => {
      const passwords = Object.values(status.postgres ?? {}).map((url) => new URL(url).password)
      const secrets = [
        ...passwords,
        status.masterKey ?? '',
        status.background?.masterKey ?? '',
        status.analytics?.token ?? '',
      ]
      expect(secrets).not.toContain('')
      for (const { name, pid } of status.processes) {
        const umask = /^Umask:\s*(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        // PostgreSQL sets its own, which is the same.
        expect([name, umask]).toEqual([name, '0077'])
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        for (const secret of secrets) expect(words).not.toContain(secret)
      }
    },
  )

  test('shows no secret to a person, and all that an SDK needs to a script', async () => {
    const { out } = await trickle('status', '--home', home)
    expect(out).toContain(new URL(status.analytics?.url ?? '').origin)
    expect(out).not.toContain(status.analytics?.token)
    expect(new URL(status.analytics?.url ?? '').password).toBe(status.analytics?.token)
    const asked = await trickle('analytics', 'EventsRaw | count', '--json', '--home', home)
    expect(JSON.parse(asked.out)).toEqual([{ Count: 0 }])
  })

  test.each(pages)('%s drives none of its servers', async (_name, headers) => {
    const addresses = [
      `${new URL(status.analytics?.url ?? '').origin}/v1/rest/mgmt`,
      status.faults.analytics ?? '',
      `${status.issuer}/jwks.json`,
    ]
    for (const address of addresses) expect((await send(address, headers)).status).toBe(403)
  })

  test('leaves its API to its tokens and its admin endpoints to the master key, as the platform does', async () => {
    const [, page] = pages[5] ?? []
    const answers = await Promise.all([
      send(`${status.url}/api/health/live`, { ...page }),
      send(`${status.background?.url}/api/tenants`, { ...page }),
      send(`${status.url}/admin/host/status`, { ...page }),
      send(`${status.url}/admin/host/status`, { ...page, 'x-functions-key': status.masterKey ?? '' }),
    ])
    expect(answers.map((answer) => answer.status)).toEqual([200, 401, 401, 200])
  })

  test('stands heads of every size and shape', async () => {
    const { hostname, port } = new URL(status.url ?? '')
    const target: AttackTarget = {
      url: status.url ?? '',
      hostname,
      port: Number(port),
      token: () => Promise.reject(new Error('no token is needed')),
      openInvocations: async () => {
        const response = await fetch(`${status.url}/admin/host/drain/status`, {
          headers: { 'x-functions-key': status.masterKey ?? '' },
        })
        return ((await response.json()) as { outstandingInvocations: number }).outstandingInvocations
      },
    }
    const findings = await oversizedHeads.run(target)
    expect(findings.filter(({ holds }) => !holds)).toEqual([])
    const seen = Object.fromEntries(findings.map((finding) => [finding.attack, finding.seen]))
    // The route itself refuses a query that it does not know; a header it does not know is nobody's business.
    expect(seen['a query of 17 KB']).toMatch(/^answer 400/)
    expect(seen['a header of 17 KB']).toMatch(/^answer 200/)
    expect(seen['a header of 31 KB']).toMatch(/^answer 200/)
    expect((await statusOf(home)).hostPid).toBe(status.hostPid)
  })
})

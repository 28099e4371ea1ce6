import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { signToken } from '../local/issuer/index.ts'
import type { Cleanup } from '../local/process/index.ts'
import { homeAt, startDetached, stopRun } from '../local/run/index.ts'
import type { AttackTarget } from './part.ts'

/** Longer than any run. */
const TOKEN_SECONDS = 3_600

const drainSchema = z.object({ outstandingInvocations: z.int() })

/**
 * The parts of a loopback address.
 * @throws Error for any other address: these requests would be an attack on somebody else's system
 */
export function loopbackOf(url: string): Pick<AttackTarget, 'url' | 'hostname' | 'port'> {
  const { hostname, port, protocol } = new URL(url)
  if (protocol !== 'http:' || !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname))
    throw new Error(`Only a product on this machine is attacked, never ${url}.`)
  return { url: url.replace(/\/+$/, ''), hostname, port: Number(port === '' ? '80' : port) }
}

/** Starts a product in a folder of its own and on free ports. `cleanup` ends it and removes the folder. */
export async function startTarget(
  cleanup: Cleanup,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<AttackTarget> {
  const home = await cleanup.start(mkdtemp(join(tmpdir(), 'trickle-attack-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  )
  // If this process runs as root, PostgreSQL runs as another account, which must be able to enter the folder.
  await chmod(home, 0o711)
  signal.throwIfAborted()
  const options = { home, port: 0, backgroundPort: 0, postgresPort: 0, serviceBusPort: 0, fresh: false }
  const { status } = await cleanup.start(startDetached(options, say, signal), () => stopRun(home))
  const { url, masterKey, background } = status
  if (url === null || masterKey === null || background === null)
    throw new Error('The product runs without an address.')
  const address = loopbackOf(url)
  const sign = (roles: string[], tenant?: string): Promise<string> =>
    signToken(homeAt(home).issuer, {
      ...(tenant === undefined ? {} : { tenant }),
      roles,
      expiresInSeconds: TOKEN_SECONDS,
      subject: 'attack',
    })
  const made = new Set<string>()
  return {
    ...address,
    async token(tenantSlug) {
      if (!made.has(tenantSlug)) await makeTenant(background.url, tenantSlug, await sign(['operator']))
      made.add(tenantSlug)
      return sign(['reader', 'writer'], tenantSlug)
    },
    async openInvocations() {
      const response = await fetch(`${address.url}/admin/host/drain/status`, {
        headers: { 'x-functions-key': masterKey },
      })
      return drainSchema.parse(await response.json()).outstandingInvocations
    },
  }
}

async function makeTenant(url: string, slug: string, token: string): Promise<void> {
  const response = await fetch(`${url}/api/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ slug }),
  })
  await response.text()
  if (response.status !== 201) throw new Error(`The tenant ${slug} could not be made: ${response.status}.`)
}

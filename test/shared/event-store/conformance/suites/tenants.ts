import { expect, it } from 'vitest'
import { appendOf, codeOfRefusal, readFeedUntil, readWhole } from '../../support.ts'
import type { Subject } from '../subject.ts'

export function tenants(subject: Subject): void {
  it('may hold the same streams, ids and keys, apart', async () => {
    const [acme, bolt, calm] = [await subject.tenant(), await subject.tenant(), await subject.tenant()]
    for (const tenant of [acme, bolt]) {
      const request = appendOf('shared', {
        streamType: tenant === acme ? 'order' : 'invoice',
        events: [{ id: 'same', type: 'A', data: tenant.slug }],
        idempotency: { key: 'same', fingerprint: Buffer.from(tenant.slug) },
      })
      expect(await subject.store.append(tenant, request)).toMatchObject({ version: 1, replayed: false })
      expect(await subject.store.append(tenant, request)).toMatchObject({ version: 1, replayedByKey: true })
    }
    for (const tenant of [acme, bolt]) {
      expect(await readWhole(subject.store, tenant, 'shared')).toMatchObject([{ data: tenant.slug }])
      expect((await readFeedUntil(subject.store, tenant, 1)).events).toMatchObject([{ data: tenant.slug }])
    }
    expect(await codeOfRefusal(subject.store.streamInfo(calm, 'shared'))).toBe('STREAM_NOT_FOUND')
    expect((await subject.store.readFeed(calm, { limit: 10 })).events).toEqual([])
  })

  it('are refused while they are suspended, whatever else is wrong, and served again when resumed', async () => {
    const slow = await subject.tenant()
    const keyed = appendOf('s', { idempotency: { key: 'k', fingerprint: Buffer.from('f') } })
    await subject.store.append(slow, keyed)
    await subject.setTenantStatus(slow, 'suspended')
    for (const request of [
      appendOf('s'),
      keyed,
      appendOf('s', { expected: { mode: 'version', version: 9 } }),
    ]) {
      await expect(subject.store.append(slow, request)).rejects.toMatchObject({
        code: 'TENANT_SUSPENDED',
        status: 403,
      })
    }
    expect((await subject.store.streamInfo(slow, 's')).version).toBe(1)
    await subject.setTenantStatus(slow, 'active')
    expect(await subject.store.append(slow, appendOf('s'))).toMatchObject({ version: 2 })
  })
}

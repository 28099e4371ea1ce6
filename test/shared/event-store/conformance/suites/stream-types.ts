import { expect, it } from 'vitest'
import { appendOf } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

export function streamTypes(subject: Subject): void {
  const acme = sharedTenant(subject)

  it('is set by the first append that names one, and holds from then on', async () => {
    const streamId = freshStream()
    for (const streamType of ['order', undefined, 'order']) {
      await subject.store.append(acme(), appendOf(streamId, { streamType }))
    }
    expect(await subject.store.streamInfo(acme(), streamId)).toMatchObject({
      version: 3,
      streamType: 'order',
    })
    await expect(
      subject.store.append(acme(), appendOf(streamId, { streamType: 'invoice' })),
    ).rejects.toMatchObject({
      code: 'STREAM_TYPE_MISMATCH',
      status: 409,
      detail: expect.stringContaining('"order"') as string,
    })
    expect((await subject.store.streamInfo(acme(), streamId)).version).toBe(3)
  })

  it('may come later', async () => {
    const streamId = freshStream()
    await subject.store.append(acme(), appendOf(streamId))
    expect((await subject.store.streamInfo(acme(), streamId)).streamType).toBeNull()
    await subject.store.append(acme(), appendOf(streamId, { streamType: 'order' }))
    expect((await subject.store.streamInfo(acme(), streamId)).streamType).toBe('order')
  })

  it('comes after the version: a conflict is told before a mismatch', async () => {
    const streamId = freshStream()
    await subject.store.append(acme(), appendOf(streamId, { streamType: 'order' }))
    const both = appendOf(streamId, { streamType: 'invoice', expected: { mode: 'none' } })
    await expect(subject.store.append(acme(), both)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
  })

  it.each(['"', '\\', ',', '(a,b)', '{"a": "b"}', 'a""b\\\\', 'ü "x", \\"', ' '])(
    'is told as it is when it is %j',
    async (streamType) => {
      const streamId = freshStream()
      await subject.store.append(acme(), appendOf(streamId, { streamType }))
      expect((await subject.store.streamInfo(acme(), streamId)).streamType).toBe(streamType)
      await expect(
        subject.store.append(acme(), appendOf(streamId, { streamType: 'other' })),
      ).rejects.toMatchObject({
        detail: expect.stringContaining(` ${JSON.stringify(streamType)},`) as string,
      })
    },
  )
}

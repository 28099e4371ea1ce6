import { describe, expect, it, vi } from 'vitest'
import type { ClientConnection } from '../../../shared/http/client-connection.ts'
import { streamedBody } from '../../../shared/http/streamed-body.ts'

/** A client that the test makes slow or sends away. */
function fakeClient() {
  const controller = new AbortController()
  let drain: (() => void) | undefined
  const client: ClientConnection & { isFull: boolean; leave: () => void; drain: () => void } = {
    signal: controller.signal,
    isFull: false,
    drained: async () => {
      if (!client.isFull) return
      await new Promise<void>((resolve) => {
        drain = resolve
      })
    },
    leave: () => controller.abort(new Error('gone')),
    drain: () => {
      client.isFull = false
      drain?.()
    },
  }
  return client
}

function numbered(pause: () => Promise<void> = async () => undefined) {
  const state = { produced: 0, isEnded: false }
  async function* chunks(): AsyncGenerator<string> {
    try {
      for (;;) {
        await pause()
        state.produced += 1
        yield String(state.produced)
      }
    } finally {
      state.isEnded = true
    }
  }
  return { state, chunks: chunks() }
}

const optionsOf = (chunks: AsyncIterable<string>, client: ClientConnection) => ({
  chunks,
  client,
  frame: (chunk: string) => `${chunk};`,
  signal: new AbortController().signal,
  onError: vi.fn<(error: unknown) => string>(() => 'error'),
  onEnd: vi.fn<() => void>(),
})

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('a body of a client that is slow', () => {
  it('asks for no more until what was written has left', async () => {
    const client = fakeClient()
    const { state, chunks } = numbered()
    client.isFull = true
    const reader = (await streamedBody(optionsOf(chunks, client))).getReader()
    await reader.read()
    const pending = reader.read()
    await turn()
    expect(state.produced).toBe(1)
    client.drain()
    expect(new TextDecoder().decode((await pending).value)).toBe('2;')
    await reader.cancel()
  })
})

describe('a body of a client that hangs up', () => {
  it('ends without a word, and ends what makes it', async () => {
    const client = fakeClient()
    let resume: (() => void) | undefined
    const { state, chunks } = numbered(async () => {
      if (state.produced > 0)
        await new Promise<void>((resolve) => {
          resume = resolve
        })
    })
    const options = optionsOf(chunks, client)
    const reader = (await streamedBody(options)).getReader()
    await reader.read()
    const pending = reader.read()
    await turn()
    client.leave()
    expect((await pending).done).toBe(true)
    expect([options.onEnd.mock.calls.length, options.onError.mock.calls.length]).toEqual([1, 0])
    resume?.()
    await expect.poll(() => state.isEnded).toBe(true)
  })

  it('while it is slow ends as well', async () => {
    const client = fakeClient()
    client.isFull = true
    const { state, chunks } = numbered()
    const reader = (await streamedBody(optionsOf(chunks, client))).getReader()
    await reader.read()
    const pending = reader.read()
    client.leave()
    expect((await pending).done).toBe(true)
    await expect.poll(() => state.isEnded).toBe(true)
  })

  it('before the first byte is empty and no error', async () => {
    const client = fakeClient()
    const { chunks } = numbered(() => new Promise(() => undefined))
    const options = optionsOf(chunks, client)
    const making = streamedBody(options)
    client.leave()
    expect(await new Response(await making).text()).toBe('')
    expect([options.onEnd.mock.calls.length, options.onError.mock.calls.length]).toEqual([1, 0])
  })
})

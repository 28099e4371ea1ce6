import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { unpack } from '../../../cli/import/unpack.ts'
import { chunksOf } from './support.ts'

interface Unpacked {
  readonly text: string
  readonly failure: string | undefined
}

async function unpacked(bytes: Buffer, chunkLength: number): Promise<Unpacked> {
  let text = ''
  try {
    for await (const part of unpack(() => chunksOf(bytes, chunkLength))) text += part.toString('latin1')
    return { text, failure: undefined }
  } catch (error) {
    return { text, failure: (error as { code: string }).code }
  }
}

const lines = Array.from({ length: 300 }, (_, index) => `{"n":${index}}\n`).join('')
/** Random, so that packed it has many pieces. */
const long = randomBytes(60_000).toString('hex')

describe.each([13, 1_000, 300_000])('a packed file, in chunks of %i', (chunkLength) => {
  test('comes whole, of one member and of several, with zeros after it', async () => {
    const members = [gzipSync(lines), gzipSync(''), gzipSync(long), Buffer.alloc(512)]
    expect(await unpacked(Buffer.concat(members), chunkLength)).toEqual({
      text: lines + long,
      failure: undefined,
    })
  })

  test.each([
    ['text', Buffer.from('<html>not found</html>')],
    ['one byte', Buffer.from([1])],
    ['much', Buffer.alloc(100_000, 'x')],
    ['what looks like another member', Buffer.from([0x1f, 0x8b, 0xff, 1, 2, 3])],
  ])('comes whole when there is %s after it, and then the failure', async (_name, garbage) => {
    for (const text of [lines, long]) {
      const { text: came, failure } = await unpacked(Buffer.concat([gzipSync(text), garbage]), chunkLength)
      expect(came === text).toBe(true)
      expect(failure).toMatch(/^Z_/u)
    }
  })

  test('comes up to where it is cut off, or damaged', async () => {
    const packed = gzipSync(long, { level: 0 })
    const cut = await unpacked(packed.subarray(0, 50_000), chunkLength)
    expect(cut.failure).toBe('Z_BUF_ERROR')
    expect(long.startsWith(cut.text)).toBe(true)
    // Stored blocks: all but their heads and that of the file is text.
    expect(cut.text.length).toBeGreaterThan(49_950)
    const damaged = Buffer.from(packed)
    // The check at the end of the file.
    damaged[packed.length - 6] = (damaged[packed.length - 6] ?? 0) ^ 1
    expect(await unpacked(damaged, chunkLength)).toEqual({ text: long, failure: 'Z_DATA_ERROR' })
  })
})

import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../../../../shared/event-store/index.ts'
import { appendOf, readWhole, viewOf } from '../../support.ts'
import { freshStream, sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'

export function fidelity(subject: Subject): void {
  const acme = sharedTenant(subject)

  /** Writes one event to a stream of its own and reads its text back. */
  async function throughTheStore(event: NewEvent): Promise<string> {
    const streamId = freshStream()
    await subject.store.append(acme(), appendOf(streamId, { events: [event] }))
    const page = await subject.store.readStream(acme(), { streamId, backward: false, limit: 1 })
    return page.events[0] ?? ''
  }
  const dataText = async (data: unknown): Promise<string> => {
    const text = await throughTheStore({ type: 'V', data })
    return text.slice(text.indexOf('"data":') + 7, text.lastIndexOf(',"metadata":'))
  }

  describe('numbers', () => {
    it.each([
      ['9223372036854775807', '9223372036854775807'],
      ['-9223372036854775808', '-9223372036854775808'],
      ['12345678901234567890123456789', '12345678901234567890123456789'],
      ['0.1234567890123456789012345', '0.1234567890123456789012345'],
      ['1.10', '1.10'],
      ['-12.5e1', '-125'],
      ['12.345e1', '123.45'],
      ['12.5e-1', '1.25'],
      ['1E5', '100000'],
      ['1e+2', '100'],
      ['1e-7', '0.0000001'],
      ['0e3', '0'],
      ['0.0e1', '0'],
      ['0e-3', '0.000'],
      ['-0', '0'],
      ['-0.00', '0.00'],
      ['100e-1', '10.0'],
      ['1.7976931348623157e308', `17976931348623157${'0'.repeat(292)}`],
      ['5e-324', `0.${'0'.repeat(323)}5`],
    ])('%s reads as %s', async (given, expected) => {
      expect(await dataText({ n: JSON.rawJSON(given) })).toBe(`{"n": ${expected}}`)
      const metadata = await throughTheStore({ type: 'V', data: 1, metadata: { m: [JSON.rawJSON(given)] } })
      expect(metadata.endsWith(`,"metadata":{"m": [${expected}]}}`)).toBe(true)
    })
  })

  describe('texts', () => {
    it.each([
      ['quotes and backslashes', String.raw`"\" \\ \/ {"data":1}, ","metadata":`],
      ['control characters', '\u0001\b\t\n\u000B\f\r\u001F\u007F\u0080'],
      ['line separators', 'a\u2028b\u2029c\uFEFFd'],
      ['all planes', '😀 👩‍👩‍👧 𝔘𝔫𝔦 אבג ا́ e\u0301 ﷺ 漢字 \u{10FFFF}'],
      ['SQL', `'; drop table x; -- $1 $$ E'\\x'`],
      ['nothing', ''],
    ])('with %s arrive as they were, wherever they stand', async (_what, text) => {
      const event: NewEvent = {
        id: `id ${text}`,
        source: `source ${text}`,
        type: `type ${text}`,
        data: { [text]: [text] },
        metadata: { [text]: text },
        correlationId: text,
        causationId: text,
      }
      const { id, source, type, data, metadata, correlationId, causationId } = viewOf(
        await throughTheStore(event),
      )
      expect({ id, source, type, data, metadata, correlationId, causationId }).toEqual(event)
    })

    it('are printed with the same escapes', async () => {
      expect(await dataText('\u0001\b\t\n\u000B\f\r\u001F\u007F"\\/\u2028é😀')).toBe(
        String.raw`"\u0001\b\t\n\u000b\f\r\u001f` + '\u007F' + String.raw`\"\\/` + '\u2028é😀"',
      )
    })
  })

  describe('values', () => {
    it.each<[unknown, string]>([
      [null, 'null'],
      [true, 'true'],
      [0, '0'],
      ['', '""'],
      [[], '[]'],
      [{}, '{}'],
      [[null, [], {}], '[null, [], {}]'],
      [{ a: { b: [1, { c: null }] } }, '{"a": {"b": [1, {"c": null}]}}'],
      [
        { bb: 1, a: 2, ab: 3, B: 4, é: 5, '10': 6, '9': 7 },
        '{"9": 7, "B": 4, "a": 2, "10": 6, "ab": 3, "bb": 1, "é": 5}',
      ],
      [JSON.rawJSON('"raw"'), '"raw"'],
      [{ left: undefined, kept: 1 }, '{"kept": 1}'],
      [undefined, 'null'],
    ])('%j is printed as %s', async (data, expected) => {
      expect(await dataText(data)).toBe(expected)
    })

    it('that are not given read as their defaults', async () => {
      const text = await throughTheStore({ type: 'V', data: undefined })
      const view = viewOf(text)
      expect(view).toMatchObject({ source: '', data: null, metadata: {}, version: 1, type: 'V' })
      expect(Object.keys(view).join()).toBe('id,source,streamId,version,type,time,recordedAt,data,metadata')
      expect(view.time).toBe(view.recordedAt)
    })

    it('of the trace and the schema version come along', async () => {
      const streamId = freshStream()
      const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      const event = { type: 'V', data: 1, schemaVersion: 7, correlationId: 'c', causationId: 'd' }
      await subject.store.append(
        acme(),
        appendOf(streamId, { events: [event], trace: { traceParent, traceState: 'k=v' } }),
      )
      expect((await readWhole(subject.store, acme(), streamId))[0]).toMatchObject({ ...event, traceParent })
    })
  })

  describe('times', () => {
    it.each([
      ['2026-03-29T00:30:00.123456Z', '2026-03-29T00:30:00.123456Z'],
      ['2026-03-29T02:30:00.123456+02:00', '2026-03-29T00:30:00.123456Z'],
      ['2026-12-31T23:59:59.999999-00:00', '2026-12-31T23:59:59.999999Z'],
      ['2026-06-01T12:00:00.5Z', '2026-06-01T12:00:00.5Z'],
      ['2026-06-01T12:00:00.120Z', '2026-06-01T12:00:00.12Z'],
      ['2026-06-01T12:00:00.000001Z', '2026-06-01T12:00:00.000001Z'],
      ['2026-06-01T12:00:00Z', '2026-06-01T12:00:00Z'],
      ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
      ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
      ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
      ['2026-06-01t12:00:00z', '2026-06-01T12:00:00Z'],
      ['2026-06-01T12:00:00.000000000Z', '2026-06-01T12:00:00Z'],
      ['2026-06-01T12:00:00.1234567Z', '2026-06-01T12:00:00.123456Z'],
      ['2026-06-01T12:00:00.123456789+14:00', '2026-05-31T22:00:00.123456Z'],
      // Rounded, it would lie in the year 10000.
      ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999999Z'],
      ['0000-12-31T23:00:00-02:00', '0001-01-01T01:00:00Z'],
    ])('%s is told as %s', async (time, expected) => {
      expect(viewOf(await throughTheStore({ type: 'T', data: 1, time })).time).toBe(expected)
    })

    it.each([
      '0001-01-01T00:00:00+14:00',
      '9999-12-31T23:59:59-12:00',
      '2026-01-01T24:00:00Z',
      '2016-12-31T23:59:60Z',
      '2026-01-01T00:00:00+16:00',
      '2026-02-30T00:00:00Z',
      'infinity',
      'now',
    ])('%s is refused, in an event and as the beginning of a feed', async (time) => {
      const streamId = freshStream()
      const events = [
        { type: 'T', data: 1 },
        { type: 'T', data: 1, time },
      ]
      await expect(subject.store.append(acme(), appendOf(streamId, { events }))).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ pointer: '/events/1/time' }],
      })
      await expect(subject.store.readFeed(acme(), { since: time, limit: 1 })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ pointer: 'since' }],
      })
      await expect(subject.store.streamInfo(acme(), streamId)).rejects.toMatchObject({
        code: 'STREAM_NOT_FOUND',
      })
    })

    it('that are cut to the same microsecond are the same when an event comes again', async () => {
      const streamId = freshStream()
      const send = (time: string) =>
        subject.store.append(
          acme(),
          appendOf(streamId, { events: [{ id: `${streamId}-1`, type: 'T', data: 1, time }] }),
        )
      expect((await send('2026-06-01T12:00:00.1234567Z')).replayed).toBe(false)
      expect((await send('2026-06-01T12:00:00.1234567Z')).replayed).toBe(true)
      expect((await send('2026-06-01T14:00:00.123456+02:00')).replayed).toBe(true)
      await expect(send('2026-06-01T12:00:00.123457Z')).rejects.toMatchObject({ code: 'EVENT_ID_EXISTS' })
    })

    it('of recording are those of the stream, too', async () => {
      const { recordedAt, streamId } = viewOf(await throughTheStore({ type: 'T', data: 1 }))
      expect(recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z$/)
      expect(await subject.store.streamInfo(acme(), streamId)).toEqual({
        streamId,
        version: 1,
        streamType: null,
        createdAt: recordedAt,
        updatedAt: recordedAt,
      })
    })
  })
}

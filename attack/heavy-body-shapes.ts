/** A request body. It is made before the measurement, so that making it is not measured. */
export interface Body {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Below both limits: 9 MiB for a request and 8 MiB for the events of an append. */
const BYTES = 8_200_000

const ONE = '/api/streams/attacked/events'
const batch = { 'content-type': 'application/cloudevents-batch+json' }

/** What an honest client may send: a large append of ordinary events. */
export function validBody(): Body {
  const data = `{${list((index) => `"name${index}":{"text":"value ${index}","amount":${index}.5,"tags":[1,2,null]}`, 7_200)}}`
  return body('a valid body', `{"events":[${Array.from({ length: 950 }, () => event(data)).join(',')}]}`)
}

/** Items separated by commas, `bytes` bytes in all. */
function list(item: (index: number) => string, bytes = BYTES): string {
  const items: string[] = []
  for (let size = 0; size < bytes; size += (items.at(-1)?.length ?? 0) + 1) items.push(item(items.length))
  return items.join(',')
}

function body(name: string, text: string, path = ONE, headers: Body['headers'] = {}): Body {
  return { name, path, headers, bytes: new TextEncoder().encode(text) }
}

const event = (data: string): string => `{"type":"Attacked","data":${data}}`

/** One body of each kind. A generator, so that only one body at a time is in memory. */
export function* heavyBodies(): Generator<Body> {
  yield body(
    '100,000 events that are none',
    `{"events":[${list(() => '{"type":"T","dat":1,"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}')}]}`,
  )
  yield body(
    '100,000 events with one id',
    `{"events":[${list(() => '{"type":"T","data":1,"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}')}]}`,
  )
  yield body('700,000 unknown members', `{${members()}}`)
  yield body('700,000 members of one event', event(`{${members()}}`))
  yield body(
    '8 events of 90,000 members, under a key',
    `{"events":[${Array.from({ length: 8 }, () => event(`{${members(860_000)}}`)).join(',')}]}`,
  )
  yield body('no end', `{"events":[${list(() => event('1'))}`)
  yield body(
    'millions of empty objects and one large integer',
    event(`[9007199254740993,${list(() => '{}')}]`),
  )
  yield body('integers beyond a double', event(`[${list(() => '9007199254740993')}]`))
  yield body('numbers with exponents', event(`[${list(() => '1e308')}]`))
  yield body('one number of megabytes', event(`1${'0'.repeat(BYTES)}`))
  yield body('one string of escapes', event(`"${String.raw`\"`.repeat(BYTES / 2)}"`))
  yield body('arrays nested 90 deep', event(`[${list(() => '['.repeat(90) + ']'.repeat(90))}]`))
  yield body('brackets without an end', '['.repeat(BYTES))
  yield body(
    '100,000 empty CloudEvents',
    `[${list(() => '{"specversion":"1.0","id":"","source":"","type":""}')}]`,
    ONE,
    batch,
  )
  yield body(
    '100,000 empty streams',
    `{"streams":[${list(() => '{"streamId":"a","events":[]}')}]}`,
    '/api/appends',
  )
}

const members = (bytes = BYTES): string => list((index) => `"k${index}":1`, bytes)

import { describe, expect, it } from 'vitest'
import { preferredMediaType } from '../../../shared/http/index.ts'

const OFFERED = ['application/json', 'application/x-ndjson', 'text/event-stream'] as const

describe('the preferred media type', () => {
  it.each<[string | null, string | null]>([
    [null, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['APPLICATION/X-NDJSON', 'application/x-ndjson'],
    ['text/event-stream', 'text/event-stream'],
    ['text/*', 'text/event-stream'],
    ['application/*', 'application/json'],
    ['text/html', null],
    ['application/json;q=0.2, text/event-stream;q=0.9', 'text/event-stream'],
    ['application/json;q=0.2,application/x-ndjson; q=0.3', 'application/x-ndjson'],
    ['application/json;q=0', null],
    ['application/json;q=0, */*;q=0.1', 'application/x-ndjson'],
    ['application/*;q=0, */*', 'text/event-stream'],
    // What is named comes before what is only covered, at the same weight.
    ['*/*, text/event-stream', 'text/event-stream'],
    ['application/x-ndjson, application/json', 'application/json'],
    ['application/x-ndjson; charset=utf-8; q=1.000', 'application/x-ndjson'],
    // A weight that is none is passed over, as a parameter that nobody knows.
    ['text/event-stream;q=2', 'text/event-stream'],
    [', ,', null],
  ])('for %o is %o', (header, expected) => {
    expect(preferredMediaType(header, OFFERED)).toBe(expected)
  })
})

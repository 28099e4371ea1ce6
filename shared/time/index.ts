/**
 * Times of the outside world: RFC 3339 is read in one way wherever a time comes in (bodies, queries, imports,
 * CloudEvents, commands).
 *
 * Invariants: a time is judged by its instant in UTC, never by the text; what is accepted can be stored, read back with
 * a year of four digits, and forwarded; the same text always gives the same instant. What is refused is refused with a
 * reason that says how to correct it. It must not know of HTTP, events or the database.
 */
export { systemClock, type Clock } from './clock.ts'
export { readTime, utcTimeOf, type TimeReading } from './read-time.ts'

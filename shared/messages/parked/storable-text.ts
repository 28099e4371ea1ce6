/** PostgreSQL's text stores neither U+0000 nor half of a UTF-16 pair; a producer can send both. */
export function storable<T extends string | null>(text: T, charactersMax: number): T | string {
  if (text === null) return text
  // Cut by code points, as the database counts them: a cut between the halves of a pair would make two faults of one.
  const whole = text.toWellFormed().replaceAll('\u0000', '\uFFFD')
  return whole.length <= charactersMax
    ? whole
    : Array.from(whole.slice(0, charactersMax * 2))
        .slice(0, charactersMax)
        .join('')
}

/** The service's limit for all properties of a message is 64 KB. More than this can only be a fault of the caller. */
const PROPERTIES_CHARACTERS_MAX = 262_144
const PROPERTY_CHARACTERS_MAX = 65_536

/** Application properties as JSON. They are plain values by AMQP; anything else is kept as its text. */
export function propertiesText(properties: Readonly<Record<string, unknown>>): string {
  const kept = Object.entries(properties).map(([name, value]) => [
    storable(name, PROPERTY_CHARACTERS_MAX),
    plainValue(value),
  ])
  const text = JSON.stringify(Object.fromEntries(kept))
  return text.length <= PROPERTIES_CHARACTERS_MAX ? text : '{}'
}

function plainValue(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return storable(textOf(value), PROPERTY_CHARACTERS_MAX)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'number') return value.toString()
  return typeof value === 'object' ? JSON.stringify(value) : typeof value
}

import { ask } from './harness.ts'

/** A few rows with all kinds of values, and values missing. */
const ROWS = [
  '{"Id":"a","Kind":"red","Size":1,"Weight":1.5,"At":"2026-01-01T10:30:00Z","Ok":true,"Bag":{"n":7,"s":"it\'s","deep":{"x":["p","q"]}}}',
  '{"Id":"b","Kind":"red","Size":2,"Weight":2.5,"At":"2026-01-01T11:45:00Z","Ok":false,"Bag":{"n":8,"s":"say \\"hi\\""}}',
  '{"Id":"c","Kind":"blue","Size":3,"Weight":null,"At":"2026-01-02T10:00:00.0000001Z","Ok":true,"Bag":{"n":9007199254740993}}',
  '{"Id":"d","Kind":"light-blue sky","Size":null,"Weight":4,"At":null,"Ok":null,"Bag":null}',
  '{"Id":"e\\\\f","Kind":"","Size":-5,"Weight":-1,"At":"2025-12-31T00:00:00Z","Ok":false,"Bag":"text"}',
]

export async function fillThings(url: string): Promise<void> {
  await ask(
    url,
    '.create table Things (Id:string, Kind:string, Size:long, Weight:real, At:datetime, Ok:bool, Bag:dynamic)',
  )
  await ask(url, `.ingest inline into table Things with (format='json') <|\n${ROWS.join('\n')}`)
}

/** The ids of the things that a condition finds, or a whole query after declared parameters. */
export async function idsOfThings(
  url: string,
  condition: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const prefix = condition.startsWith('declare') ? '' : 'Things | where '
  const found = await ask(url, `${prefix}${condition} | order by Id asc | project Id`, parameters)
  return found.map((row) => String(row['Id'])).join(' ')
}

import { expect } from 'vitest'
import { judgeQuery } from '../../support/kql-judge.ts'
import { dataClient, DATABASE_NAME } from './harness.ts'

/** The tables of the tests, as `things-table.ts` makes them. */
export const judgedTables = {
  Things: '(Id:string, Kind:string, Size:long, Weight:real, At:datetime, Ok:bool, Bag:dynamic)',
}

/**
 * The rows that a query gives, each an array of the values in the order of the columns. Microsoft's parser has to call
 * the query KQL, and to expect the columns that the answer has, names and types.
 */
export async function rowsOf(url: string, query: string): Promise<unknown[][]> {
  const { columns, rows } = await answerOf(url, query)
  const judged = judgeQuery(query, judgedTables)
  expect([query, judged.problems]).toEqual([query, []])
  expect([query, columns]).toEqual([query, judged.columns])
  return rows
}

/** As `rowsOf`, where the parser does not work out the columns as the documents do; they are returned, too. */
export async function answerOf(
  url: string,
  query: string,
): Promise<{ columns: string[]; rows: unknown[][] }> {
  expect([query, judgeQuery(query, judgedTables).problems]).toEqual([query, []])
  const client = dataClient(url)
  try {
    const [table] = (await client.execute(DATABASE_NAME, query)).primaryResults
    if (table === undefined) throw new Error('The answer has no primary result.')
    return {
      columns: table.columns.map(({ name, type }) => `${name}:${type}`),
      rows: [...table.rows()].map((row) => [...row.values()]),
    }
  } finally {
    client.close()
  }
}

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { once } from 'node:events'

/** What an ingest client sends: enough of a service to answer it, and a record of what came. */
export interface RecordingKustoService {
  readonly url: string
  /** Uploaded blobs: the name (without container and SAS) and the bytes. */
  readonly blobs: { readonly name: string; readonly bytes: Buffer }[]
  /** Queue messages, decoded. */
  readonly messages: Record<string, unknown>[]
  /** Bodies and addresses of streaming ingestion requests. */
  readonly streamed: { readonly path: string; readonly bytes: Buffer }[]
  /** From now on the cluster refuses, as one that was stopped; its storage still takes blobs and messages. */
  stop(): void
  start(): void
  close(): Promise<void>
}

const QUEUE_ANSWER = `<?xml version="1.0"?><QueueMessagesList><QueueMessage><MessageId>11111111-1111-4111-8111-111111111111</MessageId>
<InsertionTime>Fri, 01 Jan 2026 00:00:00 GMT</InsertionTime><ExpirationTime>Fri, 08 Jan 2026 00:00:00 GMT</ExpirationTime>
<PopReceipt>receipt</PopReceipt><TimeNextVisible>Fri, 01 Jan 2026 00:00:00 GMT</TimeNextVisible></QueueMessage></QueueMessagesList>`

type Records = Omit<RecordingKustoService, 'close' | 'url' | 'stop' | 'start'> & { isStopped: boolean }

export async function startRecordingKustoService(): Promise<RecordingKustoService> {
  const records: Records = { blobs: [], messages: [], streamed: [], isStopped: false }
  const server = createServer((request, response) => {
    answer(request, response, records).catch(() => {
      response.destroy()
    })
  })
  const url = await listen(server)
  return {
    blobs: records.blobs,
    messages: records.messages,
    streamed: records.streamed,
    url,
    stop: () => {
      records.isStopped = true
    },
    start: () => {
      records.isStopped = false
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, records: Records): Promise<void> {
  const origin = `http://${request.headers.host ?? ''}`
  const [path = ''] = (request.url ?? '').split('?')
  const bytes = await bodyOf(request)
  const json = { 'content-type': 'application/json' }
  if (path.endsWith('/auth/metadata')) response.writeHead(200, json).end('{"AzureAD":null}')
  else if (path.endsWith('/mgmt') && records.isStopped) response.writeHead(503).end()
  else if (path.endsWith('/mgmt')) {
    const { csl } = JSON.parse(bytes.toString('utf8')) as { csl: string }
    response.writeHead(200, json).end(answerCommand(csl, origin))
  } else if (path.includes('/rest/ingest/')) {
    records.streamed.push({ path: request.url ?? '', bytes })
    response.writeHead(200, json).end(table([], []))
  } else if (path.startsWith('/account/container/')) {
    records.blobs.push({ name: decodeURIComponent(path.slice('/account/container/'.length)), bytes })
    response.writeHead(201).end()
  } else if (path === '/account/ready/messages') {
    const encoded = /<MessageText>(.*)<\/MessageText>/su.exec(bytes.toString('utf8'))?.[1] ?? ''
    records.messages.push(
      JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as Record<string, unknown>,
    )
    response.writeHead(201, { 'content-type': 'application/xml' }).end(QUEUE_ANSWER)
  } else response.writeHead(404).end()
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function answerCommand(text: string, origin: string): string {
  if (text.includes('identity token')) return table(['AuthorizationContext'], [['token']])
  const row = (type: string, path: string): string[] => [type, `${origin}/${path}?sig=none`]
  return table(
    ['ResourceTypeName', 'StorageRoot'],
    [
      row('TempStorage', 'account/container'),
      row('SecuredReadyForAggregationQueue', 'account/ready'),
      row('FailedIngestionsQueue', 'account/failed'),
      row('SuccessfulIngestionsQueue', 'account/successful'),
      row('IngestionsStatusTable', 'status'),
    ],
  )
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const described = columns.map((name) => ({ ColumnName: name, DataType: 'String', ColumnType: 'string' }))
  return JSON.stringify({ Tables: [{ TableName: 'Table_0', Columns: described, Rows: rows }] })
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

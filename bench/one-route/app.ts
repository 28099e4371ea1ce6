/**
 * The baseline of `http` and `start`: a function app of one route that does nothing. Bundled by the same build as ours,
 * with the same library and streaming on, so that what differs is what we add.
 */
import { app } from '@azure/functions'

app.setup({ enableHttpStream: true })

const answers = new Map<string, string>()

app.http('one-route', {
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  route: 'api/{*path}',
  async handler(request) {
    if (request.method === 'POST') await request.text()
    return {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: answerOf(request.query.get('bytes') ?? '32'),
    }
  },
})

/** JSON of about that many bytes, made once: the answer of ours has the same size. */
function answerOf(bytes: string): string {
  const known = answers.get(bytes)
  if (known !== undefined) return known
  const text = JSON.stringify({ status: 'live', filling: 'x'.repeat(Math.max(0, Number(bytes) - 32)) })
  answers.set(bytes, text)
  return text
}

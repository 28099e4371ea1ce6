/**
 * The baseline of `http` and `start`: a function app of one route that does nothing. It is bundled by the same build as
 * our app, with the same library and with streaming on. So the difference shows only what our app adds.
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

/** JSON of about this many bytes, as long as the answer of our app. Made once for each length. */
function answerOf(bytes: string): string {
  const known = answers.get(bytes)
  if (known !== undefined) return known
  const text = JSON.stringify({ status: 'live', filling: 'x'.repeat(Math.max(0, Number(bytes) - 32)) })
  answers.set(bytes, text)
  return text
}

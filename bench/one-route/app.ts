/**
 * The baseline of `http` and `start`: a function app of one route that does nothing. It is bundled by the same build as
 * our app, with the same library and with streaming on. So the difference shows only what our app adds.
 */
import { app } from '@azure/functions'
import { fillingOf } from './filling.ts'

app.setup({ enableHttpStream: true })

app.http('one-route', {
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  route: 'api/{*path}',
  async handler(request) {
    if (request.method === 'POST') await request.text()
    return {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: fillingOf(request.query.get('bytes') ?? '32'),
    }
  },
})

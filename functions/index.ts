/**
 * The one entry point of the function app. Whatever fails here is logged and thrown on: a host that catches it would
 * otherwise go on and say "0 functions found".
 */
import { app } from '@azure/functions'
import { registerApp } from './register-app.ts'

try {
  registerApp(app)
} catch (error) {
  // The log of the host is all that tells why nothing works; the app's own logging may be what failed.
  process.stderr.write(
    `The function app could not be loaded: ${error instanceof Error ? error.stack : String(error)}\n`,
  )
  throw error
}

/**
 * The one entry point of the function app. An error here is logged before it is thrown on: the host catches it, goes on
 * and only says "0 functions found".
 */
import { app } from '@azure/functions'
import { registerApp } from './register-app.ts'

try {
  registerApp(app)
} catch (error) {
  // Only the log of the host can tell why nothing works: the app's own logging may be what failed.
  process.stderr.write(
    `The function app could not be loaded: ${error instanceof Error ? error.stack : String(error)}\n`,
  )
  throw error
}

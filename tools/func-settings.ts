/**
 * Makes `local.settings.json` for Core Tools (`func start`) from the addresses of a running local run:
 * `npx trickle status --json | node tools/func-settings.ts > local.settings.json`. It holds passwords of that run.
 */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const sampleFile = new URL('../local.settings.sample.json', import.meta.url)

const statusSchema = z.object({
  issuer: z.string(),
  audience: z.string(),
  postgres: z.object({ app: z.string(), worker: z.string(), forwarder: z.string(), operator: z.string() }),
  analytics: z.object({ url: z.string(), database: z.string() }),
})

const sampleSchema = z.looseObject({ Values: z.record(z.string(), z.string()) })

/** The settings for `func start`: those of the sample, with the addresses of the run that `status` describes. */
export function funcSettings(sample: unknown, status: unknown): object {
  const { Values, ...others } = sampleSchema.parse(sample)
  const { issuer, audience, postgres, analytics } = statusSchema.parse(status)
  return {
    ...others,
    Values: {
      ...Values,
      TRICKLE_POSTGRES_APP_URL: postgres.app,
      TRICKLE_POSTGRES_WORKER_URL: postgres.worker,
      TRICKLE_POSTGRES_FORWARDER_URL: postgres.forwarder,
      TRICKLE_POSTGRES_OPERATOR_URL: postgres.operator,
      TRICKLE_AUTH_ISSUER: issuer,
      TRICKLE_AUTH_AUDIENCE: audience,
      TRICKLE_ANALYTICS_URL: analytics.url,
      TRICKLE_ANALYTICS_DATABASE: analytics.database,
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sample: unknown = JSON.parse(await readFile(sampleFile, 'utf8'))
  console.log(JSON.stringify(funcSettings(sample, JSON.parse(await text(process.stdin))), null, 2))
}

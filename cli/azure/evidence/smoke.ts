import { runSmoke } from '../../../tools/smoke/index.ts'
import type { DeploymentValues } from './deployment-values.ts'

export interface SmokeWishes {
  /** Appends one event in a tenant made for it. Without it nothing is written anywhere. */
  readonly writes: boolean
  readonly tenant: string
  readonly readyWithinMs: number
  readonly operatorToken: string | undefined
  readonly tenantToken: string | undefined
}

export interface SmokeResult {
  readonly url: string | null
  /** Of the app that serves operators; null where the environment names none: then that of `url` is asked. */
  readonly operatorUrl: string | null
  readonly isGood: boolean
  readonly tried: readonly string[]
  /** What was not tried, and what is needed for it. */
  readonly left: readonly string[]
  readonly failure: string | null
}

/** Tries both apps of the deployment by their public API, as the pipeline does after each deployment. */
export async function trySmoke(values: DeploymentValues, wishes: SmokeWishes): Promise<SmokeResult> {
  const url = addressOf(values, 'SERVICE_API_URI')
  const operatorUrl = addressOf(values, 'SERVICE_BACKGROUND_URI')
  if (url === null) {
    const left = ['everything: the azd environment has no SERVICE_API_URI']
    return { url, operatorUrl, isGood: false, tried: [], left, failure: null }
  }
  const tried: string[] = []
  try {
    const tokens = wishes.writes
      ? { operatorToken: wishes.operatorToken, tenantToken: wishes.tenantToken }
      : {}
    const { tenant, readyWithinMs } = wishes
    const addresses = { url, operatorUrl: operatorUrl ?? undefined }
    const { left } = await runSmoke({ ...addresses, tenant, readyWithinMs, ...tokens }, (line) =>
      tried.push(line),
    )
    const why = wishes.writes ? '' : ', with --smoke'
    return { url, operatorUrl, isGood: true, tried, left: left.map((line) => `${line}${why}`), failure: null }
  } catch (error) {
    // Whatever it was, the rest of the report is wanted all the more.
    const failure = error instanceof Error ? error.message : String(error)
    return { url, operatorUrl, isGood: false, tried, left: [], failure }
  }
}

const addressOf = ({ outputs }: DeploymentValues, name: string): string | null =>
  outputs[name]?.replace(/\/+$/u, '') ?? null

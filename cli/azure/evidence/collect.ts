import { answerersFor } from './answers/index.ts'
import type { Answerer, Answer } from './answers/index.ts'
import { NotRead } from './azure-reader.ts'
import type { AzureReader } from './azure-reader.ts'
import type { DeploymentValues } from './deployment-values.ts'
import { Deployment } from './deployment.ts'
import type { DeploymentRecord, Resource } from './deployment.ts'
import type { Redactor } from './redactor.ts'
import { trySmoke } from './smoke.ts'
import type { SmokeResult, SmokeWishes } from './smoke.ts'
import { unknowns } from './unknowns.ts'

export interface Surroundings {
  readonly values: DeploymentValues
  readonly reader: AzureReader
  readonly redactor: Redactor
  /** Entra ID, without a slash at the end. */
  readonly entraUrl: string
  readonly smoke: SmokeWishes
  readonly nowMs: number
  /** Tells a person who waits what is being done. */
  readonly note: (line: string) => void
}

/** An unknown with what is known of it now. */
export interface UnknownAnswer extends Answer {
  readonly number: number
  readonly about: string
  /** How a person finds out; null where it is answered. */
  readonly findOut: string | null
}

/** Something that was read, or why it was not. */
type Read<T> = { readonly found: readonly T[]; readonly notRead: string | null }

export interface Evidence {
  readonly collectedAt: string
  readonly values: DeploymentValues
  readonly resources: Read<Resource>
  readonly deployments: Read<DeploymentRecord>
  readonly smoke: SmokeResult
  readonly unknowns: readonly UnknownAnswer[]
}

/**
 * Collects what a deployment shows. What can't be read is told in its place and stops nothing. Secrets are taken out of
 * all of it.
 */
export async function collectEvidence(surroundings: Surroundings): Promise<Evidence> {
  const { values, reader, redactor, entraUrl, smoke, nowMs, note } = surroundings
  const deployment = new Deployment(reader, values, nowMs)
  note('reading the resource group')
  const resources = await attempt(async () => deployment.resources())
  const deployments = await attempt(async () => deployment.records())
  note(`asking about ${unknowns.length} unknowns`)
  const answerers = answerersFor({ entraUrl, tenantToken: smoke.tenantToken })
  const answers: UnknownAnswer[] = []
  for (const { number, about, findOut } of unknowns) {
    const answer = await answerOf(answerers.get(number), deployment)
    answers.push({ number, about, ...answer, findOut: answer.state === 'answered' ? null : findOut })
  }
  note(smoke.writes ? 'trying the deployment, with one append' : 'trying the deployment, without an append')
  return redactor.deep({
    collectedAt: new Date(nowMs).toISOString(),
    values,
    resources,
    deployments,
    smoke: await trySmoke(values, smoke),
    unknowns: answers,
  })
}

async function attempt<T>(read: () => Promise<T[]>): Promise<Read<T>> {
  try {
    return { found: await read(), notRead: null }
  } catch (error) {
    if (!(error instanceof NotRead)) throw error
    return { found: [], notRead: error.message }
  }
}

async function answerOf(answerer: Answerer | undefined, deployment: Deployment): Promise<Answer> {
  if (answerer === undefined) return { state: 'open', found: 'no request that only reads tells it' }
  try {
    return await answerer(deployment)
  } catch (error) {
    if (!(error instanceof NotRead)) throw error
    return { state: 'open', found: error.message }
  }
}

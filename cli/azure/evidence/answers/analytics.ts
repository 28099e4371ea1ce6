import { z } from 'zod'
import type { Deployment } from '../deployment.ts'
import { answered, open, partly } from './answer.ts'
import type { Answer, Answerer } from './answer.ts'

const kusto = { 'api-version': '2025-02-14' }

const clusterSchema = z.object({ name: z.string(), properties: z.object({ state: z.string() }) })
const assignmentSchema = z.object({
  properties: z.object({
    principalId: z.string(),
    aadObjectId: z.string().nullish(),
    role: z.string(),
    provisioningState: z.string().nullish(),
  }),
})

/** The cluster of this resource group; null where there is none. */
async function clusterOf(deployment: Deployment) {
  const path = `${deployment.group}/providers/Microsoft.Kusto/clusters`
  return (await deployment.reader.list(path, kusto, clusterSchema)).at(0) ?? null
}

async function clientIdIsTaken(deployment: Deployment): Promise<Answer> {
  const cluster = await clusterOf(deployment)
  if (cluster === null) return open('this resource group has no cluster of Data Explorer')
  const database = deployment.parameter('TRICKLE_ANALYTICS_DATABASE', 'trickle')
  const path = `${deployment.group}/providers/Microsoft.Kusto/clusters/${cluster.name}/databases/${database}/principalAssignments`
  const assignments = await deployment.reader.list(path, kusto, assignmentSchema)
  const ingestor = assignments.find(({ properties }) => properties.role === 'Ingestor')?.properties
  if (ingestor === undefined) return answered('NO: the database has no Ingestor')
  const forwarder = deployment.output('IDENTITY_FORWARDER_PRINCIPAL_ID').toLowerCase()
  const state = `state ${ingestor.provisioningState ?? 'unknown'}`
  return ingestor.aadObjectId?.toLowerCase() === forwarder
    ? partly(
        `the client id was resolved to the forwarder's object id (${state}). That a batch is taken, the forwarder says`,
      )
    : answered(`NO: the client id was resolved to ${ingestor.aadObjectId ?? 'nothing'} (${state})`)
}

const STOP = /kusto\/clusters\/stop\/action$/i

async function stoppedCluster(deployment: Deployment): Promise<Answer> {
  const cluster = await clusterOf(deployment)
  if (cluster === null) return open('this resource group has no cluster of Data Explorer')
  const stops = (await deployment.activities()).filter(({ operationName }) => STOP.test(operationName.value))
  const stopped = stops.length === 0 ? 'was never stopped' : `was stopped at ${stops[0]?.eventTimestamp}`
  return open(`the cluster is ${cluster.properties.state}, and ${stopped} in the last three months`)
}

export const analyticsAnswers: readonly (readonly [number: number, answerer: Answerer])[] = [
  [5, clientIdIsTaken],
  [26, stoppedCluster],
]

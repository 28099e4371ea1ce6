import type { Deployment } from '../deployment.ts'
import { answered, open, partly } from './answer.ts'
import type { Answer, Answerer } from './answer.ts'

const PRIMARY = 'POSTGRES_SERVER_NAME'

async function replicaStaysOne(deployment: Deployment): Promise<Answer> {
  const names = deployment.replicaNames
  if (names.length === 0) return open('this deployment has no replica')
  const roles = await Promise.all(
    names.map(async (name) => [name, (await deployment.server(name)).replicationRole ?? 'none'] as const),
  )
  const told = roles.map(([name, role]) => `${name}: ${role}`).join(', ')
  const updates = (await deployment.records()).filter(
    ({ name, state }) => UPDATE.test(name) && state === 'Succeeded',
  )
  if (!roles.every(([, role]) => /replica/i.test(role))) return answered(`NO (${told})`)
  return updates.length === 0
    ? open(`no update has ended well yet (${told})`)
    : answered(`yes, after the update ${updates.map(({ name }) => name).join(', ')} (${told})`)
}

/** How Bicep names a deployment of the module `update` in replica.bicep, the only one of that name. */
const UPDATE = /^update-/u

async function busyIsRetried(deployment: Deployment): Promise<Answer> {
  const busy = (await deployment.records()).filter(({ errorCodes }) => errorCodes.includes('ServerIsBusy'))
  return busy.length > 0
    ? answered(`NO: ${busy.map(({ name }) => name).join(', ')} ended with ServerIsBusy`)
    : open('no deployment ended with ServerIsBusy; Azure does not record whether one was tried again')
}

const RESTART = /flexibleservers\/restart\/action$/i

async function staticWaits(deployment: Deployment): Promise<Answer> {
  const parameters = await deployment.parameters(deployment.output(PRIMARY))
  const pending = parameters
    .filter(({ properties }) => /^true$/i.test(String(properties.isConfigPendingRestart)))
    .map(({ name }) => name)
  if (pending.length > 0) return answered(`it only marks them: ${pending.join(', ')} wait for a restart now`)
  const restarts = (await deployment.activities()).filter(
    ({ operationName, status }) => RESTART.test(operationName.value) && status.value === 'Succeeded',
  )
  const last = restarts.at(0)
  return last === undefined
    ? open('none is pending now, and the activity log has no restart')
    : partly(
        `none is pending now; the server was restarted at ${last.eventTimestamp}, which the hook does only where something is pending`,
      )
}

async function replicaHasAdministrators(deployment: Deployment): Promise<Answer> {
  const names = deployment.replicaNames
  if (names.length === 0) return open('this deployment has no replica')
  const wanted = await deployment.administrators(deployment.output(PRIMARY))
  const told = await Promise.all(
    names.map(async (name) => {
      const own = await deployment.administrators(name)
      const { authConfig } = await deployment.server(name)
      const entra = `Entra ${authConfig?.activeDirectoryAuth ?? 'unknown'}, passwords ${authConfig?.passwordAuth ?? 'unknown'}`
      const same = own.join() === wanted.join() ? 'the same' : 'OTHER'
      return `${name}: ${entra}, ${same} administrators (${own.length} of ${wanted.length})`
    }),
  )
  // The template writes both to a replica, so what stands there now does not say what a fresh one had.
  return partly(`after the template wrote them: ${told.join('; ')}`)
}

async function formulasHold(deployment: Deployment): Promise<Answer> {
  const wanted = new Map(
    deployment
      .output('POSTGRES_UNWRITTEN_PARAMETERS')
      .split(',')
      .map((pair) => pair.split('=') as [string, string]),
  )
  const read = await deployment.parameters(deployment.output(PRIMARY))
  const found = COMPUTED.map((name) => {
    const { value = '', source = '' } = read.find((one) => one.name === name)?.properties ?? {}
    return { name, value: value ?? '', isByItself: source === 'system-default', wanted: wanted.get(name) }
  })
  const told = found.map(({ name, value }) => `${name}=${value}`).join(', ')
  if (found.every((one) => one.isByItself && one.value === one.wanted))
    return answered(`yes, all by the server itself: ${told}`)
  const differing = found.filter((one) => !one.isByItself || one.value !== one.wanted).map(({ name }) => name)
  return answered(`NO for ${differing.join(', ')}: written by the hook, or still other (${told})`)
}

const COMPUTED = [
  'max_connections',
  'shared_buffers',
  'effective_cache_size',
  'maintenance_work_mem',
  'wal_buffers',
]

export const postgresAnswers: readonly (readonly [number: number, answerer: Answerer])[] = [
  [1, replicaStaysOne],
  [2, busyIsRetried],
  [3, staticWaits],
  [4, replicaHasAdministrators],
  [24, formulasHold],
]

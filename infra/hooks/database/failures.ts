import { isTrickleError } from '../../../shared/errors/index.ts'
import { breaksConnection, classifyFailure, codeOf } from '../../../shared/postgres/index.ts'
import type { MendableFacts } from '../../../packages/mendable-failure/index.ts'
import { HookFailure, HookFailures } from '../frame/failure.ts'
import type { HookFailureCode } from '../frame/failure.ts'
import { userOf } from './database-server.ts'
import type { DatabaseServer } from './database-server.ts'

/** One failure of the driver or the server, as far as it can be told from outside. */
interface Symptom {
  /** SQLSTATE or system code, '' when there is none. */
  readonly code: string
  readonly message: string
  readonly server: DatabaseServer
  readonly error: unknown
}

type Diagnosis = Pick<MendableFacts<HookFailureCode>, 'code' | 'what' | 'mend'>

const AGAIN = 'azd hooks run postprovision'
const LOGIN_REFUSED = new Set(['28P01', '28000'])
const BUSY = new Set(['55P03', '40P01', '57014', '40001'])

/** The known failures; the first that fits is reported. Codes: PostgreSQL's SQLSTATE table and Node's system errors. */
const known: readonly {
  readonly fits: (symptom: Symptom) => boolean
  readonly tell: (symptom: Symptom) => Diagnosis
}[] = [
  {
    fits: ({ code, message }) => LOGIN_REFUSED.has(code) && /expired/i.test(message),
    tell: ({ message }) => ({
      code: 'TOKEN_EXPIRED',
      what: `The token of the login has ended: ${message}.`,
      mend: `azd auth login, then ${AGAIN}`,
    }),
  },
  {
    fits: ({ code, message }) => code === '28000' && message.includes('no pg_hba.conf entry for host'),
    tell: ({ message, server }) => ({
      ...noRoute(server),
      what: `The server lets nobody in from here: ${message}.`,
    }),
  },
  {
    fits: ({ code }) => LOGIN_REFUSED.has(code),
    tell: ({ message, server }) => ({
      code: 'NOT_ADMINISTRATOR',
      what: `The server does not know "${userOf(server)}" as an Entra administrator, or the token is somebody else's: ${message}.`,
      mend: `azd provision --no-state   (makes the account that runs it an administrator; azd auth login shows which one). A group's members set TRICKLE_HOOK_POSTGRES_USER to the group's name.`,
    }),
  },
  {
    fits: ({ code, message }) =>
      /^(CERT_|ERR_TLS_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/.test(code) ||
      /does not support SSL/i.test(message),
    tell: ({ message }) => ({
      code: 'TLS_REFUSED',
      what: `The server's certificate can't be trusted: ${message}.`,
      mend: 'A proxy that opens TLS must be passed by; name its authority with NODE_EXTRA_CA_CERTS otherwise.',
    }),
  },
  {
    fits: ({ code }) => code === '57P03',
    tell: ({ message }) => ({
      code: 'SERVER_RESTARTING',
      what: `The server is not up yet: ${message}.`,
      mend: `Wait some minutes, then ${AGAIN}`,
    }),
  },
  {
    fits: ({ code, error }) => code === 'ETIMEDOUT' || classifyFailure(error) === 'before-send',
    tell: ({ server, message }) => ({ ...noRoute(server), what: `The server can't be reached: ${message}.` }),
  },
  {
    fits: ({ code }) => code === '25006',
    tell: () => ({
      code: 'DATABASE_IS_REPLICA',
      what: 'The server only reads: it is a replica, or its storage is full.',
      mend: 'After a promotion: azd env set POSTGRES_HOST and POSTGRES_SERVER_NAME to the primary; see docs/azure.',
    }),
  },
  {
    fits: ({ code, message }) =>
      /pgaadauth/.test(message) && ['42883', '22023', '3F000', '42704'].includes(code),
    tell: ({ message }) => ({
      code: 'ENTRA_FUNCTIONS_MISSING',
      what: `The server does not have Azure's functions for Entra principals: ${message}.`,
      mend: `Entra authentication is off, or the server is not Azure's. Switch it on (Authentication, in the portal), wait for its restart, then ${AGAIN}`,
    }),
  },
  {
    fits: ({ code, message }) => code === '42710' && message.includes('role'),
    tell: ({ message }) => ({
      code: 'ROLE_EXISTS',
      what: `A role came into being meanwhile: ${message}.`,
      mend: `${AGAIN}   (it adopts a role that exists)`,
    }),
  },
  {
    fits: ({ code }) => BUSY.has(code),
    tell: ({ message }) => ({
      code: 'DATABASE_BUSY',
      what: `Another session held what was needed: ${message}.`,
      mend: `${AGAIN}   (what was done stays; look at pg_stat_activity if it happens again)`,
    }),
  },
  {
    fits: ({ error }) => breaksConnection(error),
    tell: ({ message }) => ({
      code: 'CONNECTION_LOST',
      what: `The connection was lost: ${message}.`,
      mend: `${AGAIN}   (each step is whole or not there; the next run goes on where this one ended)`,
    }),
  },
]

/** What a failed step means, and what to do about it; a failure of our own stays as it is. */
export function databaseFailure(error: unknown, server: DatabaseServer, step: string): Error {
  if (error instanceof HookFailure || error instanceof HookFailures) return error
  const where = `${step}, at ${hostOf(server)} as ${userOf(server)}`
  if (isTrickleError(error)) {
    return new HookFailure({
      code: 'MIGRATION_EDITED',
      what: error.detail,
      where,
      mend: `git status and git log show what changed. Restore it, then ${AGAIN}`,
      cause: error,
    })
  }
  const message = error instanceof Error ? error.message || codeOf(error) : String(error)
  const symptom: Symptom = { code: codeOf(error), message, server, error }
  // An error without a code comes from this program, except for a few texts of the driver.
  if (symptom.code === '' && !/connect|timeout|terminated|queryable|SSL/i.test(message))
    return error instanceof Error ? error : new Error(message)
  const diagnosis = known.find(({ fits }) => fits(symptom))?.tell(symptom) ?? {
    code: 'STATEMENT_FAILED' as const,
    what: `The server refused a statement: ${message} (SQLSTATE ${symptom.code}).`,
    mend: `Mend it there, then ${AGAIN}`,
  }
  return new HookFailure({ ...diagnosis, where, cause: error })
}

function noRoute(server: DatabaseServer): Pick<MendableFacts<HookFailureCode>, 'code' | 'mend'> {
  if (server.isPrivate) {
    return {
      code: 'PRIVATE_NETWORK',
      mend: `The server is on a private network. From a machine inside (a runner, a jump host, a VPN): ${AGAIN}`,
    }
  }
  return {
    code: 'NO_ROUTE',
    mend: `Let this machine through the server's firewall (azd env set TRICKLE_CLIENT_ADDRESS <your public IPv4 address>), and 5432 through your own, then ${AGAIN}`,
  }
}

const hostOf = (server: DatabaseServer): string => new URL(server.url).host

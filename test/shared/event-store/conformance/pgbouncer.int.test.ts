import { expect, it } from 'vitest'
import { hasPgBouncer } from '../../../support/pgbouncer.ts'
import { describeEventStore } from './describe-event-store.ts'
import { postgresBehindPgBouncer } from './fixtures.ts'
import { postgresSuites } from './postgres-suites.ts'

it('has a PgBouncer to test with', (context) => {
  const isDemanded = Boolean(process.env['CI'])
  context.skip(
    !hasPgBouncer() && !isDemanded,
    'left out: /usr/sbin/pgbouncer is not on this machine (apt-get install -y pgbouncer)',
  )
  expect(hasPgBouncer()).toBe(true)
})

if (hasPgBouncer())
  describeEventStore(
    'PostgreSQL 18 behind PgBouncer in transaction mode',
    postgresBehindPgBouncer,
    postgresSuites,
  )

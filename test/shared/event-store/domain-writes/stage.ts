import { DomainWrites } from '../../../../shared/event-store/index.ts'
import type { DomainWrite, StateChange } from '../../../../shared/event-store/index.ts'
import { TrickleError } from '../../../../shared/errors/index.ts'
import { columns, integer, noColumns } from '../../../../shared/postgres/index.ts'
import type { RowOf, Statement } from '../../../../shared/postgres/index.ts'
import type { TestDatabase } from '../../../support/database.ts'

/** A domain's table as a domain would make it: accounts with a balance, one tenant beside the other. */
const TABLE = `
  create schema trickle_banking_state authorization trickle_owner;
  grant usage on schema trickle_banking_state to trickle_app;
  create table trickle_banking_state.accounts (
    tenant_id uuid not null,
    account_id text collate "C" not null,
    owner_name text collate "C" not null,
    balance int not null,
    version bigint not null,
    constraint accounts_pkey primary key (tenant_id, account_id),
    constraint accounts_owner_name_key unique (tenant_id, owner_name),
    constraint accounts_balance_check check (balance >= 0));
  alter table trickle_banking_state.accounts owner to trickle_owner;
  alter table trickle_banking_state.accounts enable row level security;
  alter table trickle_banking_state.accounts force row level security;
  create policy accounts_app on trickle_banking_state.accounts for all to trickle_app
    using (tenant_id = trickle_tenants_state.current_tenant_id())
    with check (tenant_id = trickle_tenants_state.current_tenant_id());
  grant select, insert, update, delete on trickle_banking_state.accounts to trickle_app;`

export async function createAccounts(database: TestDatabase): Promise<void> {
  const admin = await database.client('admin')
  await admin.query(TABLE)
}

const account = columns({ balance: integer, version: integer })

export const selectAccount = (tenantId: string, accountId: string): Statement<RowOf<typeof account>> => ({
  name: 'select_account',
  text: 'select a.balance, a.version from trickle_banking_state.accounts a where a.tenant_id = $1 and a.account_id = $2',
  columns: account,
  values: [tenantId, accountId],
})

export const insertAccount = (
  tenantId: string,
  accountId: string,
  balance: number,
  owner = accountId,
): Statement => ({
  name: 'insert_account',
  text: 'insert into trickle_banking_state.accounts (tenant_id, account_id, owner_name, balance, version) values ($1, $2, $3, $4, 1)',
  columns: noColumns,
  values: [tenantId, accountId, owner, balance],
})

export const updateAccount = (
  tenantId: string,
  accountId: string,
  by: number,
  version: number,
): Statement => ({
  name: 'update_account',
  text: `update trickle_banking_state.accounts a set balance = a.balance + $3, version = a.version + 1
    where a.tenant_id = $1 and a.account_id = $2 and a.version = $4`,
  columns: noColumns,
  values: [tenantId, accountId, by, version],
})

export const stale = (): TrickleError =>
  new TrickleError('VERSION_CONFLICT', 'The account was changed meanwhile.')

/** Opens an account and says so in its stream. */
export const opening = (
  tenantId: string,
  accountId: string,
  balance: number,
  owner?: string,
): DomainWrite => ({
  streams: [accountId],
  decide: () => ({
    changes: [{ statement: insertAccount(tenantId, accountId, balance, owner) }],
    streams: [
      { streamId: accountId, expected: { mode: 'none' }, events: [{ type: 'Opened', data: { balance } }] },
    ],
  }),
})

type AccountWrite = DomainWrite<readonly [ReturnType<typeof selectAccount>]>

/** Takes an amount, by what it read under its locks. */
export const withdrawal = (
  tenantId: string,
  accountId: string,
  amount: number,
  overrides: Partial<AccountWrite> = {},
): AccountWrite => ({
  streams: [accountId],
  reads: [selectAccount(tenantId, accountId)],
  decide: ([[account]]) => {
    if (account === undefined) throw new TrickleError('STREAM_NOT_FOUND', 'There is no such account.')
    const { balance, version } = account
    if (balance < amount) throw new TrickleError('VALIDATION_FAILED', `The account holds ${balance}.`)
    const change: StateChange = {
      statement: updateAccount(tenantId, accountId, -amount, version),
      rows: 1,
      otherwise: stale,
    }
    return {
      changes: [change],
      streams: [
        {
          streamId: accountId,
          expected: { mode: 'version', version },
          events: [{ type: 'Withdrawn', data: { amount } }],
        },
      ],
    }
  },
  ...overrides,
})

/** What the table says of an account and what its events say: the two must be the same at every moment. */
export async function twoAccounts(
  database: TestDatabase,
  accountId: string,
): Promise<{ table: string | null; events: string | null }> {
  const admin = await database.client('admin')
  try {
    const { rows } = await admin.query<{ table: string | null; events: string | null }>(
      `select (select format('%s at %s', a.balance, a.version) from trickle_banking_state.accounts a where a.account_id = $1) as table,
        (select format('%s at %s', sum(coalesce((e.data ->> 'balance')::int, -(e.data ->> 'amount')::int)), max(e.version))
          from trickle_events_log.events e where e.stream_id = $1 having count(*) > 0) as events`,
      [accountId],
    )
    return rows[0] ?? { table: null, events: null }
  } finally {
    await admin.end()
  }
}

export { DomainWrites }

import type { Client } from 'pg'
import type { Login, Reach, TableVerb } from '../../shared/postgres/index.ts'
import type { TestDatabase } from '../support/database.ts'
import { attempt, CONTEXTS, PLATFORM, relationsWithTenants, rowOf } from './isolation-support.ts'
import type { Attempt, Context, Pair, RelationRows } from './isolation-support.ts'

/** Whose rows a login may reach by a verb. */
export type AccessOf = (relation: string, login: Login, verb: TableVerb) => Reach | 'refused'

/** Tries to reach rows of every relation of a seeded database as somebody else. */
export class IsolationCheck {
  readonly relations: readonly RelationRows[]
  readonly #database: TestDatabase
  readonly #admin: Client
  readonly #accessOf: AccessOf

  private constructor(
    database: TestDatabase,
    admin: Client,
    accessOf: AccessOf,
    relations: readonly RelationRows[],
  ) {
    this.#database = database
    this.#admin = admin
    this.#accessOf = accessOf
    this.relations = relations
  }

  /**
   * @param database seeded by `seedTenants`
   * @param isChecked which relations; default: all
   */
  static async of(
    database: TestDatabase,
    admin: Client,
    accessOf: AccessOf,
    isChecked: (relation: string) => boolean = () => true,
  ): Promise<IsolationCheck> {
    const relations = await relationsWithTenants(admin)
    return new IsolationCheck(
      database,
      admin,
      accessOf,
      relations.filter(({ relation }) => isChecked(relation)),
    )
  }

  /** Tries one verb by one login on every relation in every context, and tells what should not have happened. */
  async surprises(login: Login, verb: TableVerb): Promise<string[]> {
    const client = await this.#database.client(login)
    const found: string[] = []
    for (const pair of this.relations) {
      const row = await rowOf(this.#admin, pair.relation, pair)
      for (const context of CONTEXTS) {
        const happened = await attempt(client, pair.relation, verb, context, pair, row)
        const expected = this.#expectation(login, verb, context, pair)
        if (!expected.includes(JSON.stringify(happened)))
          found.push(
            `${verb} ${pair.relation} (${context}): ${JSON.stringify(happened)}, not ${expected.join(' or ')}`,
          )
      }
    }
    return found
  }

  /** What may happen, as JSON of an attempt. */
  #expectation(login: Login, verb: TableVerb, context: Context, pair: RelationRows): string[] {
    const access = this.#accessOf(pair.relation, login, verb)
    return possible(access, verb, context, pair).map((value) => JSON.stringify(value))
  }
}

function possible(
  access: Reach | 'refused',
  verb: TableVerb,
  context: Context,
  pair: RelationRows,
): Attempt[] {
  // Where a policy is for all verbs, the planner reads the tenant of the transaction before the right is looked at.
  if (access === 'refused')
    return context === 'malformed' ? [{ code: '42501' }, { code: '22P02' }] : [{ code: '42501' }]
  if (access === 'kept') return [{ code: '23503' }]
  if (verb === 'insert') return afterInsert(access, context, pair)
  if (verb === 'truncate') return [{ tenants: ['-'] }]
  if (access === 'platform') return [{ tenants: [PLATFORM] }]
  if (access === 'all') return [{ tenants: pair.tenants }]
  if (context === 'own' || context === 'other') return [{ tenants: [pair[context]] }]
  return context === 'malformed' ? [{ code: '22P02' }, { tenants: [] }] : [{ tenants: [] }]
}

/** The row inserted is of `pair.own`. One that goes through returns nothing, or tells that it is there already. */
function afterInsert(access: Exclude<Reach, 'kept'>, context: Context, { own }: Pair): Attempt[] {
  if (access === 'platform') return [{ code: '42501' }]
  if (access === 'all' || context === 'own') return [{ tenants: [] }, { tenants: [own] }]
  return [{ code: context === 'malformed' ? '22P02' : '42501' }]
}

/**
 * The record of what operators did: a table to which rows are added and in which nothing is ever changed or removed.
 *
 * Invariants: a row is written in the transaction of the action, so that there is neither an action without its row nor
 * a row without its action; it says who, what, to which tenant or thing and under which trace id, and nothing of what a
 * request or an event held. It must not decide who may act: that is done before. Refused requests and what went wrong
 * stand in the log of the app (shared/http/access-log.ts), not here.
 */
export { operatorAction, type OperatorAction } from './operator-action.ts'
export { recordAction, type ActionFacts } from './record-action.ts'
export { ActionList, type ActionPage, type RecordedAction } from './action-list.ts'

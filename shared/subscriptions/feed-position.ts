/** A point in the feed of all tenants; comparable within one epoch of the log. */
export interface FeedPosition {
  readonly xid: bigint
  readonly position: bigint
}

export const isBefore = (a: FeedPosition, b: FeedPosition): boolean =>
  a.xid < b.xid || (a.xid === b.xid && a.position < b.position)

export const isSame = (a: FeedPosition, b: FeedPosition): boolean =>
  a.xid === b.xid && a.position === b.position

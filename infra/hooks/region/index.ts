/**
 * Whether the regions of a first provision offer the servers that it will ask for. Azure itself refuses only after ten
 * minutes, in words such as "The value of the 'Version' should be in: []".
 *
 * Invariant: what can't be asked is not refused. A server that exists is not judged, since a region that takes no new
 * servers keeps its old ones.
 */
export { checkRegions, type RegionWishes } from './check-regions.ts'

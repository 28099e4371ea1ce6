// A mapping for `trickle import` of public events of GitHub, one JSON object in each line, such as
//   {"id":"2598808907","dt":"2015-02-22T22:00:00Z","repo":"owner/name","type":"push","actor":"somebody","commits":1}
//
//   npx trickle import events.jsonl --map examples/github-events.mjs --create-tenants
//
// Each owner of repositories is a tenant, and each repository is a stream. All other members of the line, also repo and
// actor, become the event's data, so that nothing is lost.
import { createHash } from 'node:crypto'

const shortHash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 40)

// Without the flags i and u, since with both U+212A (the Kelvin sign) would match "k".
const fitsSlug = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const looksLikeUuid = /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/
const fitsStreamId = /^[A-Za-z0-9._:~-]{1,255}$/

// A name that is not valid is replaced by a name with its hash. Valid names of this form are replaced, too (see below).
// So two owners, or two repositories, never get the same name.
const hashedSlug = 'owner..'
const hashedStream = '~'

const lowerAscii = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** The case of letters makes no difference: neither in GitHub's logins nor in slugs. */
export function tenantOf(owner) {
  const name = lowerAscii(owner)
  const isPlain = fitsSlug.test(owner) && !looksLikeUuid.test(owner) && !name.startsWith(hashedSlug)
  return isPlain ? name : `${hashedSlug}${shortHash(name)}`
}

export function streamOf(repository) {
  const isPlain =
    fitsStreamId.test(repository) &&
    repository !== '.' &&
    repository !== '..' &&
    !repository.startsWith(hashedStream)
  return isPlain ? repository : `${hashedStream}${shortHash(repository)}`
}

export default function githubEvent({ id, dt, type, ...data }) {
  // Only the first slash separates owner and name. A line without a slash is not an event of a repository.
  const slash = typeof data.repo === 'string' ? data.repo.indexOf('/') : -1
  if (slash < 1 || slash === data.repo.length - 1) throw new Error('repo is not in the form owner/name')
  return {
    tenant: tenantOf(data.repo.slice(0, slash)),
    streamId: streamOf(data.repo.slice(slash + 1)),
    id,
    source: 'github',
    type: `github.${type}`,
    time: dt,
    data,
  }
}

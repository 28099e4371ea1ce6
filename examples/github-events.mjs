// A mapping for `trickle import`: public events of GitHub, one JSON object a line, such as
//   {"id":"2598808907","dt":"2015-02-22T22:00:00Z","repo":"owner/name","type":"push","actor":"somebody","commits":1}
//
//   npx --no -- trickle import events.jsonl --map examples/github-events.mjs --create-tenants
//
// One tenant for each owner of repositories, one stream for each repository. What is not part of the event itself
// (repo and actor included) becomes its data, so that nothing of the line is lost.
import { createHash } from 'node:crypto'

const shortHash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 40)

// Both tests are written out without the flags i and u: under them U+212A (the Kelvin sign) counts as a "k".
const fitsSlug = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const looksLikeUuid = /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/
const fitsStreamId = /^[A-Za-z0-9._:~-]{1,255}$/

// What does not fit gets a name made of its hash. Nothing that fits is ever given such a name (see below), so that two
// owners, or two repositories, never become one.
const hashedSlug = 'owner..'
const hashedStream = '~'

const lowerAscii = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** GitHub's logins differ by more than case, and so do slugs. */
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
  // Only the first slash divides; a line without one is no event of a repository.
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

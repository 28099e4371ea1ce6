/**
 * A lock token is a uuid. As the tag of a delivery it has the byte order of a .NET Guid, whose first three groups are
 * little-endian; in the requests of a management link it has the order of RFC 9562.
 */
export function tokenAsTag(token: string): Buffer {
  return swapped(Buffer.from(token.replaceAll('-', ''), 'hex'))
}

export function tokenOfTag(tag: Buffer): string {
  return tokenOfBytes(swapped(Buffer.from(tag)))
}

export function tokenOfBytes(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function swapped(bytes: Buffer): Buffer {
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}

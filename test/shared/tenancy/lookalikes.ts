/** Every code point but surrogates and U+0000, which PostgreSQL can't hold. */
export function* codePoints(from = 1): Generator<number> {
  for (let codePoint = from; codePoint <= 0x10_ff_ff; codePoint += 1) {
    if (codePoint === 0xd800) codePoint = 0xe000
    yield codePoint
  }
}

/**
 * Characters beyond ASCII that some rule of Unicode takes for ASCII: by case (Kelvin sign, long s, dotted and dotless i),
 * by compatibility (full width, circled, superscript, ligatures, mathematical alphabets) or by both (sharp s).
 */
export function lookalikes(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (let codePoint = 0x80; codePoint <= LAST_ALPHABET; codePoint += 1) {
    if (isOutside(codePoint)) continue
    const character = String.fromCodePoint(codePoint)
    for (const ascii of readings(character)) found.set(ascii, [...(found.get(ascii) ?? []), character])
  }
  return found
}

/** Beyond are ideographs, tags and private use. */
const LAST_ALPHABET = 0x1_ff_ff

/** Ideographs, syllables of Hangul and surrogates: none reads as ASCII, and they are most of all characters. */
const isOutside = (codePoint: number): boolean =>
  (codePoint >= 0x3400 && codePoint <= 0x9fff) || (codePoint >= 0xac00 && codePoint <= 0xf8ff)

function readings(character: string): Set<string> {
  const spellings = [character, character.normalize('NFKC'), character.normalize('NFKD')].flatMap((text) => [
    text,
    text.toLowerCase(),
    text.toUpperCase(),
    // Accents and the dot of the dotted i are what a careless comparison throws away.
    text.toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, ''),
  ])
  return new Set(spellings.map((text) => text.toLowerCase()).filter((text) => /^[a-z0-9._-]+$/.test(text)))
}

/** Each text once with each part of it replaced by each of its lookalikes. */
export function disguises(name: string, byText: ReadonlyMap<string, readonly string[]>): string[] {
  const all: string[] = []
  for (const [ascii, characters] of byText) {
    for (let at = name.indexOf(ascii); at >= 0; at = name.indexOf(ascii, at + 1)) {
      for (const character of characters)
        all.push(name.slice(0, at) + character + name.slice(at + ascii.length))
    }
  }
  return all
}

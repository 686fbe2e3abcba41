/**
 * The Merkle tree of RFC 6962 §2.1 默克尔树, checked in the browser by WebCrypto: nothing of the platform's
 * word is taken but the root that was published.
 */

/** A digest as it is computed and compared. */
export type Digest = Uint8Array<ArrayBuffer>

/** Whether this page may compute digests: browsers offer WebCrypto to secure pages (HTTPS, localhost) alone. */
export function canDigest(): boolean {
  return typeof crypto !== 'undefined' && crypto.subtle !== undefined
}

export async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Digest> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data))
}

export async function sha512(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest('SHA-512', data)))
}

/** Hash of an entry: SHA-256(0x00 ‖ entry). */
export function leafHash(entry: string): Promise<Digest> {
  return sha256(joined(Uint8Array.of(0), new TextEncoder().encode(entry)))
}

/**
 * The root that a path leads to from a leaf, of a tree of that many leaves (RFC 9162 §2.1.3.2); null where the
 * path is too long or too short for it.
 */
export async function rootOf(leaf: Digest, index: number, size: number, path: readonly Digest[]): Promise<Digest | null> {
  if (!(index >= 0 && index < size)) return null
  let place = index
  let last = size - 1
  let found = leaf
  for (const step of path) {
    if (last === 0) return null
    if (place % 2 === 1 || place === last) {
      found = await node(step, found)
      while (place % 2 === 0 && place > 0) [place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
    } else {
      found = await node(found, step)
    }
    ;[place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
  }
  return last === 0 ? found : null
}

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right). */
function node(left: Digest, right: Digest): Promise<Digest> {
  return sha256(joined(Uint8Array.of(1), left, right))
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function hexOf(digest: Digest): string {
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Bytes of a hexadecimal text; null for anything else. */
export function bytesOf(hex: string): Digest | null {
  if (!/^([0-9a-f]{2})*$/.test(hex)) return null
  return Uint8Array.from(hex.match(/../g) ?? [], (each) => Number.parseInt(each, 16))
}

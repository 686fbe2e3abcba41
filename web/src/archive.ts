/** The archive 档案: its objects, versions, files, events, and the proof of them, checked here and not believed. */
import { address, fetchJson, granted } from './config'
import { bytesOf, hexOf, leafHash, rootOf, sha512 } from './merkle'

const PAGE = 100

export interface Listed {
  readonly object: string
  readonly versions: number
  readonly time: string
}

export interface ListedPage {
  readonly objects: readonly Listed[]
  /** There are more after the last of these. */
  readonly more: boolean
}

export interface ArchiveFile {
  readonly path: string
  readonly bytes: number
  readonly mediaType: string
  /** Of the file, or of the pack it lies in. */
  readonly sha512: string
  readonly packedIn: string | null
}

export interface ArchiveVersion {
  readonly object: string
  readonly version: number
  readonly created: string
  readonly message: string
  readonly files: readonly ArchiveFile[]
}

/** The root of a day 日根. */
export interface DailyRoot {
  readonly day: string
  readonly size: number
  readonly root: string
}

interface Proof {
  readonly entry: string
  readonly index: number
  readonly size: number
  readonly root: string
  readonly path: readonly string[]
}

/** A preservation event 保存事件 of PREMIS. */
export interface PreservationEvent {
  readonly type: string
  readonly time: string
  readonly outcome: string
  readonly detail: string
  readonly agent: string
}

/** What the browser found of a version's entry in the log. */
export interface Checked {
  /** null: no root was published since it was entered. */
  readonly day: DailyRoot | null
  readonly index: number
  readonly size: number
  /** What the path leads to; null where it leads nowhere. */
  readonly root: string | null
  /** The root that it must lead to: that of the day, else the log's own of now. */
  readonly expected: string
  /** SHA-512 of the inventory, as the log has it. */
  readonly inventory: string
  /** The entry is of this object and version. */
  readonly own: boolean
}

/** Whether the path led to the root that was published, and the entry is the one that was asked for. */
export function holds({ root, expected, own }: Checked): boolean {
  return own && root !== null && root === expected
}

export async function fetchObjects(after: string, signal: AbortSignal): Promise<ListedPage> {
  const url = address('archive/objects')
  url.searchParams.set('limit', String(PAGE))
  if (after) url.searchParams.set('after', after)
  interface Answer {
    readonly objects: readonly Listed[]
    readonly links: readonly { readonly rel: string }[]
  }
  const { objects, links } = await fetchJson<Answer>(url, signal)
  return { objects, more: links.some(({ rel }) => rel === 'next') }
}

export function fetchVersion(object: string, version: number, signal: AbortSignal): Promise<ArchiveVersion> {
  return fetchJson<ArchiveVersion>(versionAddress(object, version), signal)
}

export async function fetchRoots(signal: AbortSignal): Promise<readonly DailyRoot[]> {
  return (await fetchJson<{ roots: readonly DailyRoot[] }>(address('archive/roots'), signal)).roots
}

/** Follows the path from a version's entry to the root of the first day that was published after it. */
export async function checkEntry(object: string, version: number, signal: AbortSignal): Promise<Checked> {
  const url = versionAddress(object, version, '/proof')
  const [roots, now] = await Promise.all([fetchRoots(signal), fetchJson<Proof>(url, signal)])
  const day = roots.find(({ size }) => size > now.index) ?? null
  if (day) url.searchParams.set('size', String(day.size))
  const proof = day ? await fetchJson<Proof>(url, signal) : now
  const path = proof.path.map(bytesOf)
  const whole = path.every((each) => each !== null)
  const root = whole ? await rootOf(await leafHash(proof.entry), proof.index, day?.size ?? proof.size, path.flatMap((each) => each ?? [])) : null
  const entry = entryOf(proof.entry)
  return {
    day,
    index: proof.index,
    size: day?.size ?? proof.size,
    root: root && hexOf(root),
    expected: day?.root ?? proof.root,
    inventory: entry?.sha512 ?? '',
    own: entry?.object === object && entry.version === version,
  }
}

/** What the inventory of a version says of each of its paths; null where it is not the one that was entered. */
export async function checkInventory(
  object: string,
  version: number,
  digest: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | null> {
  const content = await bytes(versionAddress(object, version, '/inventory'), signal)
  if ((await sha512(content)) !== digest) return null
  interface Inventory {
    readonly versions: Readonly<Record<string, { readonly state: Readonly<Record<string, readonly string[]>> }>>
  }
  const { versions } = JSON.parse(new TextDecoder().decode(content)) as Inventory
  const state = versions[`v${version}`]?.state ?? {}
  return new Map(Object.entries(state).flatMap(([sha, paths]) => paths.map((path): [string, string] => [path, sha])))
}

/** Whether a file's bytes, as the platform hands them over, are those whose digest the inventory has. */
export async function checkFile(object: string, version: number, path: string, digest: string, signal: AbortSignal): Promise<boolean> {
  return (await sha512(await bytes(fileAddress(object, version, path), signal))) === digest
}

export async function fetchEvents(object: string, version: number, signal: AbortSignal): Promise<readonly PreservationEvent[]> {
  const content = await bytes(fileAddress(object, version, 'premis.xml'), signal)
  const document = new DOMParser().parseFromString(new TextDecoder().decode(content), 'application/xml')
  const said = (event: Element, name: string) => event.getElementsByTagNameNS('*', name)[0]?.textContent ?? ''
  return [...document.getElementsByTagNameNS('*', 'event')].map((event) => ({
    type: said(event, 'eventType'),
    time: said(event, 'eventDateTime'),
    outcome: said(event, 'eventOutcome'),
    detail: said(event, 'eventDetail'),
    agent: said(event, 'linkingAgentIdentifierValue'),
  }))
}

export function fileAddress(object: string, version: number, path: string): URL {
  return versionAddress(object, version, `/files/${encodeURIComponent(path)}`)
}

/** The work of an object, and the years of its epoch: `river-works/W-17`, `2025-2029`. */
export function nameOf(object: string): { readonly work: string; readonly years: string } {
  const [, , , work = object, years = '', part = ''] = object.split(':')
  return { work, years: part ? `${years} (${part})` : years }
}

function versionAddress(object: string, version: number, rest = ''): URL {
  return address(`archive/objects/${encodeURIComponent(object)}/versions/${version}${rest}`)
}

async function bytes(url: URL, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await granted(url, { signal })).arrayBuffer())
}

function entryOf(line: string): { readonly object: string; readonly version: number; readonly sha512: string } | null {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

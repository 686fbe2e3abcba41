/**
 * One edit from its beginning to what became of it.
 *
 * It holds what the panel shows; the draft itself outlives it. Whatever is sent
 * is based on the version that was read, so that nothing is written twice and
 * nobody's work is overwritten unseen.
 */
import { typed } from './clock'
import { fetchJson, address, ServerProblem } from './config'
import { faultsOf, holds, sameGeometry, typedText, validFrom, withTyped } from './edit_change'
import { begun, discardDraft, draft, keepDraft, type Draft, type Held } from './draft'
import { readFields, type EditField, type Fault } from './edit_fields'
import { landed, propose, readHeld, write, type Outcome } from './edit_requests'
import { messageOf } from './messages'
import './messages/editing'
import type { Config, Layer, Times } from './model'

const CHECK_AGAIN_MS = 5000
/** A conflict is shown with who wrote the other version, or without when that takes longer. */
const ENTRY_WITHIN_MS = 3000

/** How an edit ended. */
export type Done =
  | { readonly kind: 'saved'; readonly layer: Layer; readonly held: Held }
  | { readonly kind: 'removed'; readonly layer: Layer; readonly fid: string; readonly base: Held | null }
  | { readonly kind: 'proposed'; readonly layer: Layer; readonly number: number }

/** Who wrote the other version. */
export interface Entry {
  readonly author: string
  readonly department: string
  readonly reason: string
  readonly recorded_at: string
}

export class Editor {
  fields: readonly EditField[] | null = null
  faults: readonly Fault[] = []
  problem: ServerProblem | null = null
  done: Done | null = null
  entry: Entry | null = null
  /** Something is on its way. */
  busy = false
  /** What is filled in is shown once more before it is written. */
  reviewing = false
  /** It was found out that what was sent without an answer was not written. */
  notWritten = false
  #abort = new AbortController()
  #check: number | undefined
  /** Whose fields those are. */
  #formed: Layer | null = null

  constructor(
    private readonly workbench: { readonly config: Config },
    private readonly changed: () => void,
    private readonly ended: (done: Done) => void,
  ) {
    window.addEventListener('online', this.#online)
  }

  /** The fields of the layer may have become others: they are read again. */
  async renew(): Promise<void> {
    const { layer } = this
    if (layer && layer !== this.#formed && this.fields && !this.busy) await this.#readFields(layer)
  }

  /** The panel is closed; the draft stays. */
  stop(): void {
    this.#abort.abort()
    window.clearTimeout(this.#check)
    window.removeEventListener('online', this.#online)
  }

  get layer(): Layer | null {
    return this.workbench.config.layers.find(({ id }) => id === draft()?.layer) ?? null
  }

  /** Takes up a draft that is there. */
  async resume(): Promise<void> {
    const theirs = draft()?.theirs
    if (theirs) this.entry ??= await entryOf(theirs)
    if (this.layer && !this.fields) await this.#readFields(this.layer)
    if (draft()?.unsure) void this.check()
  }

  /** Reads a feature as it stands at the map's time, and begins to edit it. */
  async begin(subject: string, action: 'change' | 'remove', layer: string, fid: string, times: Times): Promise<void> {
    await this.#during(async () => {
      const probe = begun(subject, action, layer, null, times.datetime && typed(times.datetime))
      const held = await readHeld(layer, fid, validFrom(probe))
      if (!held) throw absent(fid)
      this.#start(begun(subject, action, layer, held, times.datetime && typed(times.datetime)))
    })
    await this.resume()
  }

  async create(subject: string, layer: string, times: Times): Promise<void> {
    this.#start(begun(subject, 'create', layer, null, times.datetime && typed(times.datetime)))
    await this.resume()
  }

  keep(next: Draft): void {
    keepDraft(next)
    this.notWritten = false
    this.changed()
  }

  /** A member was touched: what was wrong with it is past. */
  mended(where: string): void {
    this.faults = this.faults.filter((fault) => fault.where !== where)
    this.problem = null
    this.changed()
  }

  discard(): void {
    discardDraft()
    this.#forget()
    this.done = null
    this.changed()
  }

  /** Shows what will be written; false where something has to be mended first. */
  review(): boolean {
    const held = draft()
    if (!held || !this.fields) return false
    this.faults = faultsOf(held, this.fields, this.layer?.geometry != null)
    this.reviewing = this.faults.length === 0
    this.changed()
    return this.reviewing
  }

  back(): void {
    this.reviewing = false
    this.changed()
  }

  /** The two edits were brought together. */
  resolve(next: Draft): void {
    this.keep(next)
    this.entry = null
    this.review()
  }

  /** A feature that was removed meanwhile is to be there again. */
  putBack(): void {
    const held = draft()
    if (!held || !this.fields) return
    const values = Object.fromEntries(this.fields.map((field) => [field.name, typedText(held, field)]))
    const named = Object.fromEntries(Object.entries(values).filter(([, text]) => text !== ''))
    const { subject, layer, geometry, reason } = held
    const anew = begun(subject, 'create', layer, null, null)
    this.keep({ ...anew, typed: named, geometry, reshaped: geometry !== null, reason })
    this.review()
  }

  async save(): Promise<void> {
    const held = draft()
    const { fields } = this
    if (!held || !fields || this.busy) return
    this.notWritten = false
    await this.#during(async () => {
      const request = held.action === 'create' ? (held.request ?? named()) : null
      // Whatever cuts this short, a reload for one, leaves the question open.
      const sent = { ...held, request, unsure: true }
      keepDraft(sent)
      await this.#settle(await write(sent, fields))
    })
  }

  async propose(): Promise<void> {
    const held = draft()
    const { fields } = this
    if (!held || !fields || this.busy) return
    if (!held.reason.trim()) {
      this.faults = [{ where: 'reason', ...messageOf('editReasonNeeded') }]
      this.reviewing = false
      return this.changed()
    }
    await this.#during(async () => {
      // A proposal names no version: that it is based on what is held is looked at first.
      const other = held.action === 'create' ? null : await landed(held, fields)
      await this.#settle(other ?? (await propose(held, fields)))
    })
  }

  /** Finds out whether what was sent without an answer was written. */
  async check(): Promise<void> {
    window.clearTimeout(this.#check)
    const held = draft()
    if (!held?.unsure || !this.fields) return
    try {
      // A creation is sent again: by its name the platform knows it, and makes it once.
      const again = held.action === 'create' && held.request !== null
      const outcome = await (again ? write(held, this.fields) : landed(held, this.fields))
      if (outcome?.kind === 'unknown') throw new ServerProblem(0, '没有答复。', 'No answer.')
      if (outcome) return await this.#settle(outcome)
      keepDraft({ ...held, unsure: false })
      this.notWritten = true
      this.review()
    } catch {
      this.#check = window.setTimeout(() => void this.check(), CHECK_AGAIN_MS)
    } finally {
      this.changed()
    }
  }

  readonly #online = (): void => void this.resume()

  async #settle(outcome: Outcome): Promise<void> {
    // Known before the question is put: what is to be chosen does not move under the pointer.
    if (outcome.kind === 'stale') this.entry = await entryOf(outcome.theirs)
    const held = draft()
    const { fields, layer } = this
    if (!held || !fields || !layer) return
    if (outcome.kind === 'unknown') {
      const { zh, en } = messageOf('editUnsureProposal')
      // A proposal names no version by which it could be looked for.
      if (!held.unsure) this.problem = new ServerProblem(0, zh, en)
      this.#check = window.setTimeout(() => void this.check(), 0)
      return
    }
    this.problem = null
    const known: Draft = { ...held, unsure: false }
    keepDraft(known)
    switch (outcome.kind) {
      case 'saved':
        return this.#end(savedAs(outcome.held, known, layer))
      case 'proposed':
        return this.#end({ kind: 'proposed', layer, number: outcome.number })
      case 'stale':
        return this.#stale(outcome.theirs, known, fields, layer)
      case 'gone':
        if (known.action === 'remove') return this.#end(savedAs(null, known, layer))
        return keepDraft({ ...known, gone: true })
      case 'faulty':
        this.faults = outcome.faults
        this.reviewing = false
        return
      case 'made':
        return this.#made(outcome.held, known, fields)
      case 'refused':
        this.problem = outcome.problem
    }
  }

  #stale(theirs: Held, known: Draft, fields: readonly EditField[], layer: Layer): void {
    // What was sent before without an answer did arrive.
    if (known.action === 'change' && holds(theirs.feature, known, fields)) {
      return this.#end({ kind: 'saved', layer, held: theirs })
    }
    this.reviewing = false
    keepDraft({ ...known, theirs })
  }

  /** What was sent first was written: what has been typed since is a change of that. */
  #made(base: Held, known: Draft, fields: readonly EditField[]): void {
    const begun: Draft = { ...known, action: 'change', fid: String(base.feature.id), base, request: null, since: 'now' }
    const typed = fields.reduce((next, field) => withTyped(next, field, known.typed[field.name] ?? ''), begun)
    keepDraft({ ...typed, reshaped: !sameGeometry(known.geometry, base.feature.geometry) })
    this.review()
  }

  async #readFields(layer: Layer): Promise<void> {
    await this.#during(async () => {
      this.fields = await readFields(layer, this.#abort.signal)
      this.#formed = layer
    })
  }

  #start(next: Draft): void {
    this.#forget()
    this.done = null
    keepDraft(next)
    this.changed()
  }

  #end(done: Done): void {
    discardDraft()
    this.#forget()
    this.done = done
    this.ended(done)
  }

  #forget(): void {
    this.fields = null
    this.faults = []
    this.problem = null
    this.entry = null
    this.reviewing = false
    this.notWritten = false
  }

  async #during(work: () => Promise<void>): Promise<void> {
    this.busy = true
    this.problem = null
    this.changed()
    try {
      await work()
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      this.problem = cause instanceof ServerProblem ? cause : new ServerProblem(0, '读取失败。', String(cause))
    } finally {
      this.busy = false
      this.changed()
    }
  }
}

async function entryOf(theirs: Held): Promise<Entry | null> {
  const number: unknown = theirs.feature.properties?.changeset
  if (typeof number !== 'number') return null
  const url = address(`changesets/${number}?f=json`)
  return fetchJson<Entry>(url, AbortSignal.timeout(ENTRY_WITHIN_MS)).catch(() => null)
}

function savedAs(held: Held | null, known: Draft, layer: Layer): Done {
  if (held) return { kind: 'saved', layer, held }
  return { kind: 'removed', layer, fid: known.fid ?? '', base: known.base }
}

function absent(fid: string): ServerProblem {
  const { zh, en } = messageOf('editAbsent')
  return new ServerProblem(404, zh.replace('{fid}', fid), en.replace('{fid}', fid))
}

/** A name that no other request has. */
function named(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

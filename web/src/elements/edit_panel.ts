import { html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import { CHANGED } from '../config'
import { refused } from '../credential'
import { changesOf } from '../edit_change'
import { draft, isTouched, type Draft } from '../draft'
import type { Done } from '../editor'
import { Editor } from '../editor'
import { NOBODY, whoAmI, type Me } from '../identity'
import { nameOf } from '../items'
import { named, say } from '../language'
import '../messages/editing'
import { messageOf } from '../messages'
import type { Layer } from '../model'
import type { Workbench } from '../workbench'
import './edit_conflict'
import './edit_form'
import type { EditForm } from './edit_form'
import './edit_review'
import './edit_start'
import { signInButton, type Begin, type EditStart } from './edit_start'
import { editStyle } from './edit_style'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

/** Features changed, made and removed: form, review, what others wrote meanwhile, and what became of it. */
export class EditPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    me: { state: true },
    giving: { state: true },
  }
  declare me: Me | null
  /** It was asked to give the edit up. */
  declare giving: boolean
  #editor: Editor | null = null
  /** What the panel is about just now: its heading takes the focus when that changes. */
  #phase = ''

  constructor() {
    super()
    this.me = null
    this.giving = false
  }

  static override styles = [theme, editStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#editor = new Editor(
      this.workbench,
      () => this.requestUpdate(),
      (done) => this.#ended(done),
    )
    window.addEventListener('online', this.#online)
    window.addEventListener(CHANGED, this.#changed)
    void this.#learn()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener('online', this.#online)
    window.removeEventListener(CHANGED, this.#changed)
    this.#editor?.stop()
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('state') && this.me) void this.#asked(this.me)
    const phase = this.#phaseNow()
    if (this.#phase && phase !== this.#phase) this.#focusHeading()
    this.#phase = phase
  }

  #focusHeading(): void {
    this.renderRoot.querySelector<HTMLElement>('h3')?.focus()
    void this.renderRoot.querySelector<EditStart>('edit-start')?.focusHeading()
  }

  override render() {
    const editor = this.#editor
    const held = draft()
    if (!editor || !this.me) return html`<p class="body words" role="status">${say('reading')}</p>`
    if (held && this.#foreign(held)) return this.#ofAnother(held)
    if (held) return this.#edit(held, editor)
    return editor.done ? this.#over(editor.done) : this.#start(this.me, editor)
  }

  readonly #online = (): void => {
    if (this.me === NOBODY) void this.#learn()
  }

  readonly #changed = ({ detail }: Event & { readonly detail?: unknown }): void => {
    void this.#editor?.renew()
    if (detail === null) void this.#again()
  }

  /** Rights may have been granted, or have ended. */
  async #again(): Promise<void> {
    this.me = await whoAmI().catch(() => this.me)
  }

  async #learn(): Promise<void> {
    this.me = await whoAmI().catch(() => NOBODY)
    await this.#editor?.resume()
    if (this.me) await this.#asked(this.me)
  }

  /** What a card or a link asks for: `change/layer/id`, `remove/layer/id`. */
  async #asked(me: Me): Promise<void> {
    const [action, layer, ...fid] = (this.state.detail ?? '').split('/')
    if ((action !== 'change' && action !== 'remove') || !layer || !fid.length) return
    this.workbench.store.update({ detail: null })
    const held = draft()
    if (held && isTouched(held)) return this.requestUpdate()
    await this.#editor?.begin(me.subject, action, layer, fid.join('/'), this.state)
  }

  #phaseNow(): string {
    const held = draft()
    if (!held) return this.#editor?.done ? `done ${this.#editor.done.kind}` : 'start'
    if (held.unsure && !this.#editor?.busy) return 'unsure'
    if (held.gone) return 'gone'
    if (held.theirs) return `conflict ${held.theirs.etag}`
    return this.#editor?.reviewing ? 'review' : 'form'
  }

  /** Somebody else's; while nobody is signed in after an expiry it may well be that of who was. */
  #foreign(held: Draft): boolean {
    return this.me !== null && held.subject !== this.me.subject && !refused() && this.me.origin !== 'anonymous'
  }

  #start(me: Me, editor: Editor) {
    return html`<edit-start
      .me=${me}
      .layers=${this.workbench.config.layers}
      .shown=${this.workbench.selection.shown}
      .busy=${editor.busy}
      .told=${this.#problem(editor, null)}
      @begin=${({ detail }: CustomEvent<Begin>) => {
        if (detail.action === 'create') void editor.create(me.subject, detail.layer, this.state)
        else void editor.begin(me.subject, detail.action, detail.layer, detail.fid, this.state)
      }}
    ></edit-start>`
  }

  #ofAnother(held: Draft) {
    return html`<div class="body">
      <h3 tabindex="-1">${say('editFeature')}</h3>
      <p class="told warn" role="alert">${say('editOther', { subject: held.subject })}</p>
      <div class="actions">
        <button class="risky" @click=${() => this.#editor?.discard()}>${say('editReallyGiveUp')}</button>
      </div>
    </div>`
  }

  #edit(held: Draft, editor: Editor) {
    const { layer, fields } = editor
    if (!layer || !fields) {
      return html`<div class="body">${this.#problem(editor, layer) ?? nothing}
        ${editor.problem ? html`<div class="actions"><button @click=${() => void editor.resume()}>${say('retry')}</button></div>` : html`<p class="words" role="status">${say('reading')}</p>`}
        ${editor.problem ? this.#giveUp(editor) : nothing}</div>`
    }
    const title = { create: 'createFeature', change: 'editFeature', remove: 'removeFeature' } as const
    const name = held.base ? nameOf(layer, held.fid ?? '', held.base.feature.properties) : ''
    return html`
      <div class="body">
        <p class="of">${say(title[held.action])} · ${named(layer.title)}</p>
        ${this.#part(held, editor, layer, name)}
      </div>
      ${this.#foot(held, editor)}
    `
  }

  #part(held: Draft, editor: Editor, layer: Layer, name: string) {
    const { fields } = editor
    const stage = this.workbench.stage
    const phase = this.#phaseNow()
    const heading = (text: string) => html`<h3 tabindex="-1">${text}</h3>`
    if (phase === 'unsure') {
      return html`${heading(say('editUnsure'))}<p class="told warn" role="alert">${say('editUnsureMeans')}</p>`
    }
    if (phase === 'gone') {
      return html`${heading(say('editGone'))}<p class="told warn" role="alert">${say('editGoneMeans')}</p>`
    }
    if (held.theirs) return this.#conflict(held, editor, heading)
    const told = html`${this.#problem(editor, layer)}
      ${editor.notWritten ? html`<p class="told warn" role="status">${say('editNotWritten')}</p>` : nothing}`
    if (phase === 'review') {
      return html`${heading(say(held.action === 'remove' ? 'removeFeature' : 'editWill'))}
        ${held.action === 'remove' ? html`<p class="words" lang="zh-CN">${name}</p>` : html`<edit-review .draft=${held} .fields=${fields} .stage=${stage}></edit-review>`}
        ${this.#effect(held)} ${told}
        <p class="hint">${say('editProposeMeans')}</p>`
    }
    return html`${heading(name || say('createFeature'))}
      ${held.base && held.since === 'then' && held.from ? html`<p class="hint">${say('editPast', { time: held.from })}</p>` : nothing}
      ${this.#other(held)} ${this.#meanwhile(held)} ${told}
      ${editor.faults.length ? html`<p class="told bad" role="alert">${say('editFaults', { count: editor.faults.length })}</p>` : nothing}
      <edit-form
        .layer=${layer}
        .fields=${fields}
        .draft=${held}
        .faults=${editor.faults}
        .stage=${stage}
        @draft=${(event: CustomEvent<Draft>) => editor.keep(event.detail)}
        @mended=${(event: CustomEvent<string>) => editor.mended(event.detail)}
      ></edit-form>`
  }

  #conflict(held: Draft, editor: Editor, heading: (text: string) => unknown) {
    const { theirs } = held
    const { entry } = editor
    if (!theirs) return nothing
    const later = Number(theirs.feature.properties?.changeset) > Number(held.base?.feature.properties?.changeset)
    return html`${heading(say('editConflict'))}
      <p class="told warn" role="alert">${say(held.action === 'remove' ? 'editRemoveMeans' : later ? 'editConflictMeans' : 'editOtherVersion')}</p>
      ${
        entry
          ? html`<p class="words">${say('editTheirs')}${say('colon')}${say(entry.author === this.me?.subject ? 'editByMe' : 'editByWhom', {
              author: entry.author,
              department: entry.department,
              time: readable(entry.recorded_at),
              reason: entry.reason,
            })}</p>`
          : nothing
      }
      <edit-conflict
        .draft=${held}
        .theirs=${theirs}
        .fields=${editor.fields}
        .stage=${this.workbench.stage}
        @resolve=${(event: CustomEvent<Draft>) => editor.resolve(event.detail)}
      ></edit-conflict>`
  }

  /** Since when it holds, and why. */
  #effect(held: Draft) {
    const from: unknown = held.base?.feature.properties?.valid_from
    const always = held.since === 'always' && typeof from === 'string'
    const since = always
      ? say('editSinceAlways', { time: readable(from) })
      : held.since === 'then'
        ? held.from
        : say('editSinceNow')
    return html`
      <p class="words">${say('editTime')}${say('colon')}${since}</p>
      ${held.reason ? html`<p class="words">${say('editReason')}${say('colon')}${held.reason}</p>` : nothing}
    `
  }

  /** Another feature is selected while this one is not saved. */
  #other(held: Draft) {
    const shown = this.workbench.selection.shown
    const other = shown && (shown.fid !== held.fid || shown.layer.id !== held.layer)
    if (!other || !isTouched(held) || !held.base) return nothing
    const layer = this.#editor?.layer
    const name = layer ? nameOf(layer, held.fid ?? '', held.base.feature.properties) : held.fid
    return html`<p class="told warn" role="status">${say('editWaiting', { name: name ?? '' })}</p>`
  }

  /** The selected feature is a later version of what is being edited. */
  #meanwhile(held: Draft) {
    const shown = this.workbench.selection.shown
    if (!held.base || !shown?.feature || shown.fid !== held.fid || shown.layer.id !== held.layer) return nothing
    const later = Number(shown.feature.properties?.changeset) > Number(held.base.feature.properties?.changeset)
    return later ? html`<p class="told warn" role="status">${say('editMeanwhile')}</p>` : nothing
  }

  #problem(editor: Editor, layer: Layer | null) {
    if (refused()) {
      return html`<div class="told bad" role="alert">
        <p>${say(draft() ? 'editOver' : 'sessionOver')}</p>
        <div class="actions">${signInButton()}</div>
      </div>`
    }
    const { problem } = editor
    if (!problem) return nothing
    if (problem.status === 401) {
      return html`<div class="told bad" role="alert">
        <p>${problem.words}</p>
        <div class="actions">${signInButton()}</div>
      </div>`
    }
    const forbidden = problem.status === 403
    const words = forbidden && layer ? say('editForbidden', { steward: layer.steward }) : problem.words
    return html`<p class="told bad" role="alert">${words}</p>`
  }

  #foot(held: Draft, editor: Editor) {
    if (this.giving) return html`<div class="foot">${this.#giveUp(editor)}</div>`
    const give = html`<button @click=${() => this.#askGiveUp(held, editor)}>${say('editGiveUp')}</button>`
    switch (this.#phaseNow().split(' ')[0]) {
      case 'unsure':
        return this.#actions(html`<button class="do" @click=${() => void editor.check()}>${say('editCheck')}</button>${give}`)
      case 'gone':
        return this.#actions(html`<button class="do" @click=${() => editor.putBack()}>${say('editPutBack')}</button>${give}`)
      case 'conflict':
        return this.#actions(html`<button @click=${() => this.#askGiveUp(held, editor)}>${say('editTakeTheirs')}</button>`)
      case 'review':
        return this.#actions(html`
          <button class="do" aria-disabled=${editor.busy} @click=${() => void editor.save()}>
            ${say(editor.busy ? 'editSending' : held.action === 'remove' ? 'editRemove' : 'editSave')}
          </button>
          <button aria-disabled=${editor.busy} @click=${() => void this.#propose(editor)}>${say('editPropose')}</button>
          <button @click=${() => editor.back()}>${say('editBack')}</button>`)
      default:
        return this.#actions(html`<button class="do" @click=${() => void this.#review(held, editor)}>${say('editReview')}</button>${give}`)
    }
  }

  #actions(buttons: unknown) {
    return html`<div class="foot"><div class="actions">${buttons}</div></div>`
  }

  #giveUp(editor: Editor) {
    return html`
      <p role="alert">${say('editLoses')}</p>
      <div class="actions">
        <button
          id="discard"
          class="risky"
          @click=${() => {
            this.giving = false
            editor.discard()
          }}
        >
          ${say('editReallyGiveUp')}
        </button>
        <button
          @click=${() => {
            this.giving = false
          }}
        >
          ${say('editGoOn')}
        </button>
      </div>
    `
  }

  #askGiveUp(held: Draft, editor: Editor): void {
    if (isTouched(held)) this.giving = true
    else editor.discard()
  }

  async #review(held: Draft, editor: Editor): Promise<void> {
    const nothingSaid = held.action === 'change' && changesOf(held, editor.fields ?? []).length === 0
    if (nothingSaid) editor.faults = [{ where: '', ...messageOf('editNothing') }]
    if (nothingSaid) this.requestUpdate()
    else if (editor.review()) return
    await this.#focusFault()
  }

  async #propose(editor: Editor): Promise<void> {
    await editor.propose()
    await this.#focusFault()
  }

  async #focusFault(): Promise<void> {
    await this.updateComplete
    const form = this.renderRoot.querySelector<EditForm>('edit-form')
    await form?.updateComplete
    form?.focusFault()
  }

  #ended(done: Done): void {
    this.workbench.changed(done.layer.id)
    const narrow = matchMedia('(max-width: 900px)').matches
    if (done.kind === 'removed') this.workbench.selection.clear()
    // In a narrow window the card would lie over the panel.
    else if (done.kind === 'saved' && !narrow) {
      this.workbench.selection.pick([{ layer: done.layer.id, fid: String(done.held.feature.id) }])
    }
    this.requestUpdate()
  }

  #over(done: Done) {
    return html`<div class="body">
      <h3 tabindex="-1">${say('editSaved')}</h3>
      <p class="told" role="status">${words(done)}</p>
      <div class="actions">
        <button class="do" @click=${() => this.#editor?.discard()}>${say('editMore')}</button>
      </div>
    </div>`
  }
}

function words(done: Done): string {
  if (done.kind === 'proposed') return say('editProposed', { number: done.number })
  if (done.kind === 'removed') return say('editRemoved', { name: nameOf(done.layer, done.fid, done.base?.feature.properties) })
  const { id, properties } = done.held.feature
  const name = nameOf(done.layer, String(id), properties)
  return say('editSavedAs', { name, changeset: String(properties?.changeset ?? '') })
}

export const open = (workbench: Workbench) => equipped<EditPanel>('edit-panel', workbench)

customElements.define('edit-panel', EditPanel)

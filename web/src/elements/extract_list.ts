import { css, html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { handOver } from '../download'
import { printExtract, type Concerned, type Extract, type Held } from '../extract'
import { colorOf } from '../extract_overlay'
import { NOBODY, whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import '../messages/extract'
import '../messages/planning'
import { areaText, grouped, percentText } from '../quantities'
import type { Title } from '../title'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const MOST_OBJECTS = 12

/**
 * 查询结果: what concerns the place, what does not, what cannot be said.
 *
 * Fires `show` with the themes for the map, `again` to ask anew, `visit` with a feature.
 */
export class ExtractList extends Spoken {
  static override properties = {
    found: { attribute: false },
    stale: { attribute: false },
    busy: { attribute: false },
    me: { state: true },
    opened: { state: true },
    printing: { state: true },
    problem: { state: true },
  }
  declare found: Extract
  /** The times of the map are others by now. */
  declare stale: boolean
  declare busy: boolean
  declare me: Me
  declare opened: string | null
  declare printing: boolean
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.stale = false
    this.busy = false
    this.me = NOBODY
    this.opened = null
    this.printing = false
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      :host {
        margin-top: 16px;
        border-top: 1px solid var(--rule);
        padding-top: 12px;
      }
      .subject {
        border: 1px solid var(--rule-2);
        border-radius: 10px;
        background: var(--paper);
        padding: 10px 14px;
        overflow-wrap: anywhere;
      }
      .subject strong {
        font-size: 16px;
      }
      .subject .area {
        display: block;
        font-weight: 600;
      }
      .group > h3 {
        display: flex;
        gap: 8px;
        align-items: center;
        font-size: 14px;
      }
      .mark {
        display: grid;
        flex: none;
        place-items: center;
        width: 20px;
        height: 20px;
        border-radius: 4px;
        background: var(--tone);
        color: #ffffff;
        font-size: 13px;
        font-weight: 700;
        line-height: 1;
      }
      .concerned {
        --tone: #a8362a;
      }
      .clear {
        --tone: #22663a;
      }
      .clear .mark {
        border-radius: 50%;
      }
      .unknown {
        --tone: #5b3fa0;
        margin-top: 14px;
        border: 2px dashed var(--tone);
        border-radius: 10px;
        background: #f7f4fc;
        padding: 0 12px 10px;
      }
      .unknown .mark {
        border-radius: 50% 50% 50% 0;
      }
      .unknown li,
      .clear li {
        padding: 2px 0;
      }
      .clear ul {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 14px;
        color: var(--ink-2);
        font-size: 13px;
      }
      .swatch {
        flex: none;
        width: 16px;
        height: 16px;
        margin-top: 3px;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        margin: 2px 0 6px;
      }
      .legend li {
        display: flex;
        gap: 6px;
        align-items: flex-start;
      }
      .size {
        white-space: nowrap;
      }
      .law {
        margin-top: 6px;
      }
      .law p + p {
        color: var(--ink-2);
      }
      .objects li {
        padding: 1px 0;
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      .code {
        width: 100%;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 4px 10px;
        font: 13px/1.5 ui-monospace, Consolas, monospace;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    void whoAmI().then(
      (me) => {
        this.me = me
      },
      () => undefined,
    )
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('found')) return
    this.opened = null
    this.problem = null
  }

  override render() {
    const { found } = this
    const { concerned, not_concerned: clear, without_data: unknown } = found
    return html`
      ${
        this.stale
          ? html`<p class="warn" role="alert">
              ${say('extractStale')}
              <button ?disabled=${this.busy} @click=${() => this.dispatchEvent(new CustomEvent('again'))}>
                ${say('extractAgain')}
              </button>
            </p>`
          : nothing
      }
      ${this.#subject()}
      ${
        found.synthetic
          ? html`<p class="synthetic"><span class="seal">${say('synthetic')}</span>${say('extractSynthetic')}</p>`
          : nothing
      }
      <section class="group concerned">
        <h3><span class="mark" aria-hidden="true">!</span>${say('extractConcerned', { count: concerned.length })}</h3>
        ${
          concerned.length
            ? html`<ul>${concerned.map((each) => this.#theme(each))}</ul>`
            : html`<p class="small">${say('extractNone')}</p>`
        }
      </section>
      ${
        unknown.length
          ? html`<section class="group unknown">
              <h3><span class="mark" aria-hidden="true">?</span>${say('extractUnknown', { count: unknown.length })}</h3>
              <ul>${unknown.map(({ title, reason }) => html`<li>${capital(title)}${say('colon')}<small>${named(reason)}</small></li>`)}</ul>
              <p class="small">${say('extractUnknownMeans')}</p>
            </section>`
          : nothing
      }
      <section class="group clear">
        <h3><span class="mark" aria-hidden="true">✓</span>${say('extractClear', { count: clear.length })}</h3>
        <ul>${clear.map(({ title }) => html`<li>${capital(title)}</li>`)}</ul>
      </section>
      ${this.#kept()}
    `
  }

  #subject() {
    const { subject, datetime, asof } = this.found
    const kind = subject.bsm ? 'extractOfParcel' : subject.kind === 'point' ? 'extractOfPoint' : 'extractOfArea'
    const on = say('extractOn', { time: readable(datetime) })
    return html`<div class="subject">
      <strong>${say(kind)} ${subject.bsm ?? ''}</strong>
      ${subject.dlmc ? html`<span lang="zh-CN">${subject.dlmc} ${subject.dlbm} · ${subject.zldwmc}</span>` : nothing}
      ${subject.area_m2 ? html`<span class="area">${areaText(subject.area_m2)}</span>` : nothing}
      <small>${asof ? `${on}${say('comma')}${say('extractKnown', { time: readable(asof) })}` : on}</small>
    </div>`
  }

  #theme(each: Concerned) {
    const open = this.opened === each.theme
    return html`<li class="row">
      <button id="theme-${each.theme}" aria-expanded=${open} @click=${() => this.#open(open ? null : each)}>
        ${colored(colorOf(each))}
        <span class="what">
          <span>${capital(each.title)}</span>
          <span class="size">${each.share === undefined ? nothing : percentText(each.share)}</span>
          ${each.area_m2 === undefined ? nothing : html`<small>${areaText(each.area_m2)}</small>`}
        </span>
      </button>
      ${open ? this.#grounds(each) : nothing}
    </li>`
  }

  #grounds(each: Concerned) {
    return html`<div class="body">
      <ul class="legend">
        ${each.legend.map(
          ({ code, title, color }) =>
            html`<li lang="zh-CN">${colored(color)}${title} ${code === title ? '' : code}</li>`,
        )}
      </ul>
      ${
        each.ignored?.count
          ? html`<p class="small">
              ${say('extractIgnored', { count: each.ignored.count, area: grouped(each.ignored.area_m2, 4) })}
            </p>`
          : nothing
      }
      ${each.law.map(
        (law) => html`<div class="law" lang="zh-CN">
          <p>
            《${law.document}》${law.article}
            ${law.checked ? nothing : html`<span class="seal" lang=${document.documentElement.lang}>${say('extractUnchecked')}</span>`}
          </p>
          ${law.says.map((said) => html`<p lang=${document.documentElement.lang}>${named(said)}</p>`)}
        </div>`,
      )}
      ${
        typeof each.objects === 'number'
          ? html`<p class="small">${say('extractWithheld', { count: each.objects })}</p>`
          : this.#objects(each, each.objects)
      }
    </div>`
  }

  #objects({ layer }: Concerned, objects: readonly Held[]) {
    const more = objects.length - MOST_OBJECTS
    return html`<p class="name">${say('extractObjects', { count: objects.length })}</p>
      <ul class="objects">
        ${objects.slice(0, MOST_OBJECTS).map(
          ({ bsm, area_m2, plan }) => html`<li>
            ${this.#feature(layer, bsm)} ${area_m2 === undefined ? nothing : `${grouped(area_m2, 2)} m²`}
            ${plan ? html`<span lang="zh-CN">${plan.name} ${plan.document_no ?? say('foundNoDocument')}</span>` : nothing}
          </li>`,
        )}
      </ul>
      ${more > 0 ? html`<p class="small">${say('extractMore', { count: more })}</p>` : nothing}`
  }

  #feature(layer: string, bsm: string) {
    return html`<button
      class="feature"
      @click=${() => this.dispatchEvent(new CustomEvent('visit', { detail: { layer, fid: bsm } }))}
    >
      ${bsm}
    </button>`
  }

  #kept() {
    const known = this.me.origin !== 'anonymous'
    const code = this.found.verification_code
    return html`<div class="kept">
      ${
        known
          ? html`<label for="code">${say('extractCode')}</label>
              <input class="code" id="code" readonly .value=${code} @focus=${(event: Event) => (event.target as HTMLInputElement).select()} />`
          : html`<p class="small">${say('extractPdfWho')}</p>`
      }
      <div class="actions">
        ${
          known
            ? html`<button class="primary" aria-disabled=${this.printing} @click=${() => void this.#print()}>
                ${say(this.printing ? 'extractPdfMaking' : 'extractPdf')}
              </button>`
            : nothing
        }
        <button @click=${() => this.#download()}>${say('extractJson')}</button>
      </div>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="small disclaimer">${named(this.found.disclaimer)}</p>
    </div>`
  }

  /** One theme on the map, or all of them. */
  #open(each: Concerned | null): void {
    this.opened = each?.theme ?? null
    this.dispatchEvent(new CustomEvent('show', { detail: each ? [each] : this.found.concerned }))
  }

  async #print(): Promise<void> {
    if (this.printing) return
    this.printing = true
    this.problem = null
    try {
      await printExtract(this.found.verification_code, say('extractFile'), this.#abort.signal)
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    } finally {
      this.printing = false
    }
  }

  #download(): void {
    const content = new Blob([JSON.stringify(this.found)], { type: 'application/json' })
    handOver(content, `${say('extractFile')}-${this.found.verification_code}.json`)
  }
}

function colored(color: string) {
  return html`<svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">
    <rect x="0.5" y="0.5" width="15" height="15" rx="3" fill=${color} stroke="#5f6d73"></rect>
  </svg>`
}

function capital(title: Title): string {
  const text = named(title)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

customElements.define('extract-list', ExtractList)

import { html, nothing } from 'lit'
import {
  byGravity,
  deciding,
  touchedBy,
  VERDICTS,
  versionsOf,
  type Area,
  type Found,
  type Group,
  type Rule,
  type VerdictId,
} from '../compliance'
import { handOver } from '../download'
import { codeOf, valueText } from '../format'
import { named, say } from '../language'
import '../messages/planning'
import type { FeatureRef, Layer } from '../model'
import { areaText, least, percentText } from '../quantities'
import { findingStyle } from './finding_style'
import { Spoken } from './spoken'
import { rowStyle } from './row_style'
import { theme } from './theme'
import { verdictSign, verdictStyle } from './verdict_sign'

const MOST_FEATURES = 6
const VERSIONS = 'plan-versions'

/** Ground that is to be shown, in the colour of what is said of it; the site itself where it has no shape. */
export interface Shown {
  readonly verdict: VerdictId
  readonly areas: readonly (Area | null)[]
}

/** 审查结果 with its evidence. Fires `show` with ground for the map (null: none), `visit` with a feature. */
export class FindingList extends Spoken {
  static override properties = {
    found: { attribute: false },
    layers: { attribute: false },
    stale: { attribute: false },
    opened: { state: true },
    group: { state: true },
    copied: { state: true },
  }
  declare found: Found
  declare layers: readonly Layer[]
  /** The site, the project or the times are others by now. */
  declare stale: boolean
  /** Id of the rule whose grounds are open. */
  declare opened: string | null
  /** The group of it that is shown alone. */
  declare group: number | null
  declare copied: boolean

  constructor() {
    super()
    this.layers = []
    this.stale = false
    this.opened = null
    this.group = null
    this.copied = false
  }

  static override styles = [theme, verdictStyle, rowStyle, findingStyle]

  override render() {
    const { found } = this
    const rules = byGravity(found.rules)
    const of = (...verdicts: VerdictId[]) => rules.filter(({ verdict }) => verdicts.includes(verdict.id))
    const grave = of('breaches', 'undecided', 'needs-justification')
    return html`
      ${this.stale ? html`<p class="warn" role="alert">${say('checkStale')}</p>` : nothing}
      <div class="overall ${found.verdict.id}">
        ${verdictSign(found.verdict.id)}
        <div>
          <strong>${named(found.verdict)}</strong>
          <span class="area">${areaText(found.project.area_m2)}</span><br />
          <small>${say('foundOn', { day: found.on })}</small>
        </div>
      </div>
      ${
        found.synthetic
          ? html`<p class="synthetic"><span class="seal">${say('synthetic')}</span>${say('foundSynthetic')}</p>`
          : nothing
      }
      <ul class="counts">
        ${VERDICTS.map((id) => [id, of(id)] as const)
          .filter(([, some]) => some.length)
          .map(([id, some]) => html`<li>${verdictSign(id)}${some[0] ? named(some[0].verdict) : ''} ${some.length}</li>`)}
      </ul>
      ${this.#contradictions()}
      <h3>${say('foundRules')}</h3>
      <p class="hint">${say(rules.length > of('not-applicable').length ? 'foundHint' : 'foundNothing')}</p>
      ${grave.length ? html`<ul>${grave.map((rule) => this.#rule(rule))}</ul>` : nothing}
      ${this.#folded('foundComply', of('complies'))} ${this.#folded('foundNotAsked', of('not-applicable'))}
      ${this.#kept()}
    `
  }

  #folded(title: 'foundComply' | 'foundNotAsked', rules: readonly Rule[]) {
    if (!rules.length) return nothing
    return html`<details class="folded">
      <summary>${title === 'foundComply' ? say('foundComply', { count: rules.length }) : say('foundNotAsked', { count: rules.length })}</summary>
      <ul>${rules.map((rule) => this.#rule(rule))}</ul>
    </details>`
  }

  #rule(rule: Rule) {
    const open = this.opened === rule.id
    const ground_m2 = deciding(rule).reduce((sum, { area_m2 }) => sum + area_m2, 0)
    return html`<li class="rule ${rule.verdict.id}">
      <button id="rule-${rule.id}" aria-expanded=${open} @click=${() => this.#open(open ? null : rule)}>
        ${verdictSign(rule.verdict.id)}
        <span class="what">
          <span>${named(rule.title)}</span><span class="verdict">${named(rule.verdict)}</span>
          ${ground_m2 ? html`<small>${this.#measure(ground_m2)}</small>` : nothing}
        </span>
      </button>
      ${open ? this.#grounds(rule) : nothing}
    </li>`
  }

  #grounds(rule: Rule) {
    const { source, ignored, groups, not_in_force: idle } = rule
    return html`<div class="body">
      ${rule.reason ? html`<p class="advice">${named(rule.reason)}</p>` : nothing}
      <dl>
        <dt>${say('foundLaw')}</dt>
        <dd lang="zh-CN">
          《${source.document}》${source.article}
          ${source.checked ? nothing : html`<span class="seal" lang=${this.#lang}>${say('foundUnchecked')}</span>`}
        </dd>
      </dl>
      ${groups.length ? groups.map((group, at) => this.#group(rule, group, at)) : nothing}
      ${groups.length || rule.verdict.id === 'not-applicable' || rule.verdict.id === 'undecided' ? nothing : html`<p class="small">${say('foundNoGround')}</p>`}
      ${
        ignored
          ? html`<p class="small">
              ${say('foundIgnored', {
                count: ignored.count,
                area: least(ignored.area_m2),
                width: least(ignored.max_width_m),
                least: ignored.tolerance.min_area_m2,
                narrow: ignored.tolerance.min_width_m,
              })}
            </p>`
          : nothing
      }
      ${idle ? html`<p class="small">${say('foundNotInForce', { count: idle })}</p>` : nothing}
      <p class="small">${say('foundRule', { id: rule.id, version: rule.version })}</p>
    </div>`
  }

  #group(rule: Rule, group: Group, at: number) {
    const own = group.reason && group.reason.zh !== rule.reason?.zh ? named(group.reason) : ''
    const versions = versionsOf(group, this.found)
    return html`<div class="group ${group.verdict.id}">
      <button aria-pressed=${this.group === at} @click=${() => this.#show(rule, this.group === at ? null : at)}>
        ${verdictSign(group.verdict.id)}
        <span>
          <span class="unseen">${named(group.verdict)}${say('colon')}</span>${this.#called(group)}
        </span>
        <span class="size">${this.#measure(group.area_m2, group.share)}</span>
      </button>
      <div class="facts">
        ${own ? html`<p>${own}</p>` : nothing}
        <dl>
          ${versions.map(
            ([key, { status, document_no: number }]) => html`<dt>${say('foundPlan')}</dt>
              <dd>${key} · ${this.#status(status)} · ${number ?? say('foundNoDocument')}</dd>`,
          )}
          ${this.#features(group)}
        </dl>
        ${
          group.withheld
            ? html`<p class="small">${say('foundWithheld', { count: Number(group.features) })}</p>`
            : nothing
        }
      </div>
    </div>`
  }

  #features(group: Group) {
    const touched = touchedBy(group, this.found)
    if (!touched.length) return nothing
    return html`<dt>${say('foundFeatures')}</dt>
      <dd>
        ${touched
          .slice(0, MOST_FEATURES)
          .map(
            ({ bsm }) =>
              html`<button class="feature" @click=${() => this.#visit({ layer: group.layer ?? '', fid: bsm })}>${bsm}</button>`,
          )}
        ${touched.length > MOST_FEATURES ? say('foundMore', { count: touched.length }) : nothing}
      </dd>`
  }

  /** How a group is called: by what its features have in common, in the words of the layer. */
  #called({ layer: id, fields, outside }: Group): string {
    if (id === null) return say('foundItself')
    const layer = this.layers.find((each) => each.id === id)
    const title = layer ? named(layer.title) : id
    if (outside) return say('foundOutside', { layer: title })
    const words = Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => {
        const field = layer?.fields.find((each) => each.name === name)
        if (!field) return String(value)
        const code = codeOf(field, value)
        return field.codes.length
          ? `${valueText(field, value)}${code ? ` ${code}` : ''}`
          : `${named(field.title)} ${valueText(field, value)}`
      })
    return words.length ? `${title}${say('colon')}${words.join(say('comma'))}` : title
  }

  #status(status: string): string {
    const field = this.layers.find(({ id }) => id === VERSIONS)?.fields.find(({ name }) => name === 'status')
    return field ? valueText(field, status) : status
  }

  #measure(area_m2: number, share = area_m2 / this.found.project.area_m2): string {
    return `${areaText(area_m2)} · ${say('foundShare', { share: percentText(share) })}`
  }

  get #lang(): string {
    return document.documentElement.lang
  }

  #contradictions() {
    const title = (id: string) => {
      const rule = this.found.rules.find((each) => each.id === id)
      return rule ? named(rule.title) : id
    }
    return this.found.contradictions.map(
      ({ admits, forbids, features }) =>
        html`<p class="warn">
          ${say('foundContradiction', { admits: title(admits), forbids: title(forbids), count: features })}
        </p>`,
    )
  }

  #kept() {
    return html`<div class="kept">
      <label for="check">${say('foundId')}</label>
      <div class="id">
        <input id="check" readonly .value=${this.found.check} @focus=${(event: Event) => (event.target as HTMLInputElement).select()} />
        <button @click=${() => this.#copy()}>${say(this.copied ? 'foundCopied' : 'foundCopy')}</button>
      </div>
      <p class="small">${say('foundAgain')}</p>
      <button @click=${() => this.#download()}>${say('foundDownload')}</button>
    </div>`
  }

  #open(rule: Rule | null): void {
    this.opened = rule?.id ?? null
    this.group = null
    if (rule) this.#show(rule, null)
    else this.dispatchEvent(new CustomEvent('show', { detail: null }))
  }

  /** One group of a rule on the map, or what decided it, or all of its ground where nothing did. */
  #show(rule: Rule, at: number | null): void {
    this.group = at
    const own = deciding(rule)
    const groups = at === null ? (own.length ? own : rule.groups) : rule.groups.slice(at, at + 1)
    const seen = groups.filter((group) => !group.withheld)
    const [first] = seen
    const shown: Shown | null = first
      ? { verdict: first.verdict.id, areas: seen.map((group) => group.geometry) }
      : null
    this.dispatchEvent(new CustomEvent('show', { detail: shown }))
  }

  #visit(ref: FeatureRef): void {
    this.dispatchEvent(new CustomEvent('visit', { detail: ref }))
  }

  #copy(): void {
    this.renderRoot.querySelector<HTMLInputElement>('#check')?.select()
    // Over plain HTTP a page has no clipboard of its own, but may still copy what is selected.
    this.copied = document.execCommand('copy')
  }

  #download(): void {
    const content = new Blob([JSON.stringify(this.found)], { type: 'application/json' })
    handOver(content, `${say('foundFile')}-${this.found.check}.json`)
  }
}

customElements.define('finding-list', FindingList)

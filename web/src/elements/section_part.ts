import { html, nothing, type PropertyValues } from 'lit'
import { extentOf } from '../extent'
import { named, say } from '../language'
import { ageText, numberText } from '../measured'
import '../messages/rivers'
import '../messages/sections'
import { markOf, RIVERSIDE } from '../river_overlay'
import { chainageText, codeName, layerOf, STATIONS, type River } from '../rivers'
import { bedOf, levelAt, NEAR_M, readProfile, type Profile, type Section } from '../sections'
import './long_profile'
import { partStyle } from './part_style'
import { RiverPart } from './river_part'
import { Plane, VIEW_BOX } from './section_picture'
import { sectionStyle } from './section_style'
import { theme } from './theme'

/** 断面: one cross-section with the water in it, or the river's long profile. */
export class SectionPart extends RiverPart {
  static override properties = { ...RiverPart.properties, profile: { state: true } }
  declare profile: Profile | null
  protected readonly partId = 'sections'
  #laid: Section | null = null

  constructor() {
    super()
    this.profile = null
  }

  static override styles = [theme, partStyle, sectionStyle]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#laid = null
    this.workbench.stage?.lay(RIVERSIDE, [])
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    const section = this.#long ? null : this.#section
    if (section === this.#laid) return
    this.#laid = section
    this.workbench.stage?.lay(RIVERSIDE, section ? markOf(section.thing, true) : [])
  }

  protected override async read(river: River, signal: AbortSignal): Promise<void> {
    this.profile = null
    this.profile = await readProfile(river, this.workbench.config, this.times, signal)
  }

  override render() {
    const { river, profile } = this
    return html`
      ${this.choice()} ${river ? this.trouble() : nothing}
      ${river && !profile && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${river && profile ? this.#views(river, profile) : nothing}
    `
  }

  #views(river: River, profile: Profile) {
    const long = this.#long
    return html`
      <div class="kinds" role="group" aria-label=${say('sectionViews')}>
        <button aria-pressed=${!long} @click=${() => this.ask({ view: null })}>${say('sectionCross')}</button>
        <button aria-pressed=${long} @click=${() => this.ask({ view: 'long' })}>${say('sectionLong')}</button>
      </div>
      ${
        long
          ? html`<long-profile
              .river=${river}
              .profile=${profile}
              .datum=${this.kept.get('datum')}
              .datumName=${(datum: string) => this.#datumName(datum)}
              @datum=${(event: CustomEvent<string>) => this.ask({ datum: event.detail })}
            ></long-profile>`
          : this.#cross(profile)
      }
    `
  }

  #cross(profile: Profile) {
    const section = this.#section
    if (!section) return html`<p class="how" role="status">${say('sectionNone')}</p>`
    return html`
      <label for="section">${say('sectionOne')}</label>
      <select id="section" @change=${(event: Event) => this.ask({ section: (event.target as HTMLSelectElement).value })}>
        ${profile.sections.map(
          ({ thing, points }) => html`<option value=${thing.fid} ?selected=${thing.fid === section.thing.fid}>
            ${chainageText(thing.chainage_m)} ${thing.name}${points.length ? '' : say('sectionNoPoints')}
          </option>`,
        )}
      </select>
      ${this.#one(section, profile)}
      <div class="actions">
        <button @click=${() => this.#show(section)}>${say('riverShow')}</button>
        <button @click=${() => this.workbench.visit({ layer: section.thing.layer, fid: section.thing.fid })}>${say('riverCard')}</button>
      </div>
    `
  }

  #one(section: Section, { levels }: Profile) {
    const { points, datum, surveyed, thing } = section
    if (!points.length) return html`<p class="warn" role="status">${say(section.faulty ? 'sectionFaulty' : 'sectionBare')}</p>`
    const near = levelAt(section, levels)
    const level_m = near?.fits ? (near.level.stage.value ?? null) : null
    const elevations = [...points.map(({ elevation_m }) => elevation_m), ...(level_m === null ? [] : [level_m])]
    const plane = Plane.around(points.map(({ distance_m }) => distance_m), elevations)
    return html`
      <p class="synthetic">
        ${thing.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
        <span>${this.#datumName(datum)} · ${surveyed ? say('sectionSurveyed', { day: surveyed }) : say('sectionNotDated')} · ${say('sectionLowest', { value: numberText(bedOf(section) ?? 0) })}</span>
      </p>
      <svg viewBox=${VIEW_BOX} role="img" aria-label=${say('sectionPlot')}>${plane.grid(false)} ${plane.ground(points, level_m)}</svg>
      ${this.#level(section, near, level_m)}
      <details>
        <summary>${say('sectionPoints', { count: points.length })}</summary>
        <div class="sheet" tabindex="0" role="region" aria-label=${say('sectionPoints', { count: points.length })}>
          <table>
            <thead>
              <tr>
                <th scope="col">${say('sectionDistance')} m</th>
                <th scope="col">${say('sectionElevation')} m</th>
              </tr>
            </thead>
            <tbody>
              ${points.map(
                ({ distance_m, elevation_m }) => html`<tr>
                  <td>${numberText(distance_m)}</td>
                  <td>${numberText(elevation_m)}</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
    `
  }

  #level(section: Section, near: ReturnType<typeof levelAt>, level_m: number | null) {
    if (!near) return html`<p class="small">${say('sectionNoLevel', { count: NEAR_M })}</p>`
    const { thing, gauge, stage } = near.level
    if (level_m === null) {
      return html`<p class="warn">${say('sectionLevelOther', { station: thing.name, datum: this.#datumName(gauge.vertical_datum) })}</p>`
    }
    const down = (this.river?.to_m ?? 0) >= (this.river?.from_m ?? 0)
    const above = thing.chainage_m < section.thing.chainage_m === down
    const told = {
      value: numberText(level_m),
      station: thing.name,
      side: say(above ? 'sectionAbove' : 'sectionBelow'),
      away: numberText(Math.round(near.away_m)),
      age: ageText(stage.time, Date.now()),
    }
    return html`<p class="small">${say('sectionLevel', told)}</p>`
  }

  get #long(): boolean {
    return this.kept.get('view') === 'long'
  }

  /** The one that the link names, else the first that was surveyed. */
  get #section(): Section | null {
    const sections = this.profile?.sections ?? []
    const wanted = this.kept.get('section')
    return sections.find(({ thing }) => thing.fid === wanted) ?? sections.find(({ points }) => points.length) ?? sections[0] ?? null
  }

  #show({ thing }: Section): void {
    const extent = extentOf(thing.geometry)
    if (extent) this.workbench.stage?.reveal(extent)
  }

  #datumName(datum: string): string {
    const title = ['river-sections', STATIONS].map((layer) => codeName(layerOf(this.workbench.config, layer), 'vertical_datum', datum)).find(Boolean)
    return title ? named(title) : datum
  }
}

customElements.define('section-part', SectionPart)

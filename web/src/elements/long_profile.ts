import { html, nothing, svg } from 'lit'
import { shownOf } from '../claims'
import { named, say } from '../language'
import { numberText } from '../measured'
import '../messages/rivers'
import '../messages/sections'
import { chainageText, type River } from '../rivers'
import { bedOf, datumsOf, type Claimed, type Profile } from '../sections'
import { partStyle } from './part_style'
import { Plane, VIEW_BOX } from './section_picture'
import { sectionStyle } from './section_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Surveyed sections farther apart than so many times the usual distance leave a gap that is told. */
const APART = 2.5

interface Drawn {
  readonly kind: 'bed' | 'crest' | 'sill' | 'stage'
  readonly name: string
  readonly from_m: number
  readonly to_m: number
  readonly elevation_m: number
}

/** 纵剖面: beds of sections, claimed heights and newest stages of one datum, by chainage; what is wanting is told. */
export class LongProfile extends Spoken {
  static override properties = {
    river: { attribute: false },
    profile: { attribute: false },
    datum: { attribute: false },
    datumName: { attribute: false },
  }
  declare river: River
  declare profile: Profile
  /** null: the first in which something is on file. */
  declare datum: string | null
  declare datumName: (datum: string) => string

  static override styles = [theme, partStyle, sectionStyle]

  override render() {
    const datums = datumsOf(this.profile)
    const datum = datums.find((each) => each === this.datum) ?? datums[0]
    return html`
      <p class="how">${say('profileHow')}</p>
      ${datum === undefined ? html`<p class="warn" role="status">${say('profileEmpty')}</p>` : this.#drawn(datum, datums)}
      ${this.#wanting(datum)}
    `
  }

  #drawn(datum: string, datums: readonly string[]) {
    const items = this.#items(datum)
    return html`
      <label for="datum">${say('profileDatum')}</label>
      <select id="datum" @change=${(event: Event) => this.dispatchEvent(new CustomEvent('datum', { detail: (event.target as HTMLSelectElement).value }))}>
        ${datums.map((each) => html`<option value=${each} ?selected=${each === datum}>${this.datumName(each)}</option>`)}
      </select>
      ${this.#picture(items)}
      <p class="signs">
        <span>${say('profileBed')}</span><span>${say('profileCrest')}</span><span>${say('profileSill')}</span><span>${say('profileStage')}</span>
      </p>
      <details>
        <summary>${say('profileTable')}</summary>
        <div class="sheet" tabindex="0" role="region" aria-label=${say('profileTable')}>
          <table>
            <thead>
              <tr>
                <th scope="col">${say('chainage')}</th>
                <th scope="col">${say('profileWhat')}</th>
                <th scope="col">${say('sectionElevation')}</th>
              </tr>
            </thead>
            <tbody>
              ${items.map(
                (each) => html`<tr>
                  <td>${chainageText(each.from_m)}${each.to_m === each.from_m ? '' : `–${chainageText(each.to_m)}`}</td>
                  <td>${each.name}</td>
                  <td>${numberText(each.elevation_m)} m</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
    `
  }

  #picture(items: readonly Drawn[]) {
    const lengths = items.flatMap(({ from_m, to_m }) => [from_m, to_m])
    const [least, most] = [Math.min(...lengths), Math.max(...lengths)]
    const falls = this.river.to_m < this.river.from_m
    const room = Math.max(50, (most - least) * 0.04)
    const [from, to] = falls ? [most + room, least - room] : [least - room, most + room]
    const plane = Plane.around(lengths, items.map(({ elevation_m }) => elevation_m), from, to)
    return html`<svg viewBox=${VIEW_BOX} role="img" aria-label=${say('profilePlot')}>
      ${plane.grid(true)}
      ${items.map(({ kind, from_m, to_m, elevation_m }) => {
        const [x, y] = [plane.x(from_m), plane.y(elevation_m)]
        if (kind === 'bed') return svg`<path class="lowest" d="M${x} ${y + 5}l5 -8h-10z"></path>`
        if (kind === 'sill') return svg`<path class="sill" d="M${x} ${y - 6}l5 9h-10z"></path>`
        if (kind === 'stage') return svg`<circle class="stage" cx=${x} cy=${y} r="4.5"></circle>`
        return svg`<line class="crest" x1=${x - (to_m === from_m ? 5 : 0)} x2=${plane.x(to_m) + (to_m === from_m ? 5 : 0)} y1=${y} y2=${y}></line>`
      })}
    </svg>`
  }

  #items(datum: string): readonly Drawn[] {
    const { sections, levels, claimed } = this.profile
    const beds = sections
      .filter((each) => each.datum === datum)
      .flatMap((each): Drawn[] => {
        const bed = bedOf(each)
        return bed === null ? [] : [itemOf('bed', each.thing.name, each.thing.chainage_m, each.thing.chainage_m, bed)]
      })
    const heights = claimed.flatMap(({ work, height, answer }): Drawn[] => {
      const shown = shownOf(answer)
      if (!shown || shown.value === null || shown.vertical_datum !== datum || shown.unit !== 'm') return []
      const name = `${work.name} ${named(answer.title)}${answer.scope ? `(${answer.scope})` : ''}`
      return [itemOf(height === 'sill-elevation' ? 'sill' : 'crest', name, work.chainage_m, work.chainage_to_m, shown.value)]
    })
    const stages = levels
      .filter(({ gauge }) => gauge.vertical_datum === datum)
      .map(({ thing, stage }) => itemOf('stage', thing.name, thing.chainage_m, thing.chainage_m, stage.value ?? 0))
    return [...beds, ...heights, ...stages].sort((a, b) => a.from_m - b.from_m)
  }

  /** What is not on file, or cannot be drawn beside the rest. */
  #wanting(datum: string | undefined) {
    const { sections, levels, claimed, cut } = this.profile
    const bare = sections.filter(({ points }) => !points.length)
    const surveyed = sections.filter((each) => each.points.length && each.datum === datum)
    const steps = surveyed.slice(1).map((each, at) => [surveyed[at]?.thing.chainage_m ?? 0, each.thing.chainage_m] as const)
    const usual = steps.map(([from, to]) => to - from).sort((a, b) => a - b)[steps.length >> 1] ?? Infinity
    const wide = steps.filter(([from, to]) => to - from > usual * APART)
    const open = claimed.filter(({ answer }) => answer.conflict && !answer.shown)
    const shown = claimed.flatMap(({ answer }) => shownOf(answer) ?? [])
    const other =
      sections.filter((each) => each.points.length && each.datum !== datum).length +
      levels.filter(({ gauge }) => gauge.vertical_datum !== datum).length +
      shown.filter(({ vertical_datum }) => vertical_datum !== datum).length
    const told = [
      ...ends(this.river, surveyed.map(({ thing }) => thing.chainage_m)).concat(wide.map(([from, to]) => ({ from, to }))).map(({ from, to }) =>
        say('profileBetween', { from: chainageText(from), to: chainageText(to), length: numberText(Math.abs(to - from) / 1000) }),
      ),
      ...(bare.length ? [say('profileBare', { count: bare.length, names: namesOf(bare.map(({ thing }) => thing.name)) })] : []),
      ...open.map(({ work, answer }: Claimed) => say('profileConflict', { name: work.name, what: named(answer.title) })),
      ...(other ? [say('profileOther', { count: other })] : []),
      ...(cut ? [say('riverCut', { count: claimed.length })] : []),
    ]
    if (!told.length) return nothing
    return html`<h3>${say('profileGaps')}</h3>
      <ul class="small">
        ${told.map((each) => html`<li>${each}</li>`)}
      </ul>`
  }
}

const NAMED_MOST = 5

function itemOf(kind: Drawn['kind'], name: string, from_m: number, to_m: number, elevation_m: number): Drawn {
  return { kind, name, from_m, to_m, elevation_m }
}

/** The stretches of a river before its first and after its last survey; the whole of it where there is none. */
function ends({ from_m, to_m }: River, surveyed: readonly number[]): { from: number; to: number }[] {
  const sorted = [...surveyed].sort((a, b) => (a - b) * Math.sign(to_m - from_m))
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return [{ from: from_m, to: to_m }]
  return [
    { from: from_m, to: first },
    { from: last, to: to_m },
  ].filter(({ from, to }) => Math.abs(to - from) > 1)
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, NAMED_MOST).join(say('comma'))
  return names.length > NAMED_MOST ? `${shown}…` : shown
}

customElements.define('long-profile', LongProfile)

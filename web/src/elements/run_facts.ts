import { html, nothing } from 'lit'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { download } from '../download'
import { fileAddress, homeOf, instantAt, lengthText, type Difference, type Run, type RunFile } from '../flood_runs'
import { named, say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/flood_runs'
import '../messages/floods'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { fact, sheet } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

const KM2 = 1e6
const KIB = 1024
const ACCOUNT = [
  ['runStart', 'start_m3'],
  ['runRained', 'rained_m3'],
  ['runEntered', 'entered_m3'],
  ['runInfiltrated', 'infiltrated_m3'],
  ['runLeft', 'left_m3'],
  ['runStored', 'stored_m3'],
] as const

/** The figures of a run 推演数字: areas, depths, breaches, points, water account, difference, and its files. */
export class RunFacts extends Spoken {
  static override properties = { run: { attribute: false }, problem: { state: true } }
  declare run: Run
  declare problem: string | null

  constructor() {
    super()
    this.problem = null
  }

  static override styles = [theme, partStyle, sectionStyle]

  override render() {
    const { told } = this.run
    return html`
      <dl>
        ${typeof told.wet_plane_m2 === 'number' ? area('runWet', told.wet_plane_m2) : nothing}
        ${told.wet_land_plane_m2 === undefined ? nothing : area('runWetLand', told.wet_land_plane_m2)}
        ${told.deepest_m === undefined ? nothing : fact('runDeepest', `${numberText(told.deepest_m)} m`)}
        ${told.deepest_land_m === undefined ? nothing : fact('runDeepestLand', `${numberText(told.deepest_land_m)} m`)}
        ${told.members === undefined ? nothing : fact('runMembers', String(told.members))}
      </dl>
      ${this.#points()} ${this.#breaches()} ${this.#account()} ${this.#difference()} ${this.#basis()} ${this.#files()}
    `
  }

  #points() {
    const { points } = this.run.told
    if (!points?.length) return nothing
    return sheet(say('runPoints'), [say('runPoint'), say('runDeepest'), say('runArrival')], points.map(({ id, deepest_m, arrival_s }) => [
      id,
      `${numberText(deepest_m)} m`,
      arrival_s === null ? say('runDry') : `${readable(instantAt(this.run, arrival_s))}(${lengthText(arrival_s)})`,
    ]))
  }

  #breaches() {
    const { breaches } = this.run.told
    if (!breaches?.length) return nothing
    return sheet(say('runBreaches'), [say('runBreach'), say('runPeak'), say('runPeakAt'), say('runVolume'), say('runWidth')], breaches.map((each) => [
      each.id,
      `${numberText(Math.round(each.peak_m3_s))} m³/s`,
      readable(instantAt(this.run, each.peak_at_s)),
      volume(each.volume_m3),
      `${numberText(each.width_m)} m`,
    ]))
  }

  #account() {
    const { ledger } = this.run.told
    if (!ledger) return nothing
    return html`<h3>${say('runAccount')}</h3>
      <dl class="account">
        ${ACCOUNT.map(([title, name]) => fact(title, volume(ledger[name])))}
        ${fact('runImbalance', ledger.imbalance.toExponential(1))}
      </dl>`
  }

  #difference() {
    const { difference } = this.run.told
    if (!difference) return nothing
    return differenceFacts(difference)
  }

  /** What it rests on. */
  #basis() {
    const { run } = this
    const { told } = run
    const cells = told.cells === undefined ? `${told.cell_m} m` : say('runCellWords', { cell: told.cell_m, count: numberText(told.cells) })
    return html`<details>
      <summary>${say('runBasis')}</summary>
      <dl>
        ${fact('runAsof', readable(run.asof))} ${fact('runTerrain', told.terrain)} ${fact('runCell', cells)}
        ${fact('runDatum', told.vertical_datum)} ${run.department ? fact('runDepartment', run.department) : nothing}
        ${run.repeats ? fact('runRepeats', run.repeats) : nothing}
      </dl>
      <p class="small">${say('runDigest')}</p>
      <p class="digest">${run.inputs_sha256}</p>
      ${told.assumption ? html`<p class="small">${named(told.assumption)}</p>` : nothing}
    </details>`
  }

  #files() {
    return html`<h3>${say('runFiles')}</h3>
      <ul class="files">
        ${this.run.files.map((each) => html`<li class="small">${this.#file(each)}</li>`)}
      </ul>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}`
  }

  #file({ name, size }: RunFile) {
    if (name.endsWith('.zarr')) return html`${name}:${say('runStoreAt')} <span class="digest">${homeOf(this.run.id).href}/${name}</span>`
    return html`<button class="feature" aria-label=${say('runDownload', { name })} @click=${() => void this.#download(name)}>${name}</button>
      ${numberText(Math.ceil(size / KIB))} KiB`
  }

  async #download(name: string): Promise<void> {
    this.problem = null
    try {
      await download(fileAddress(this.run.id, name))
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

/** What a replay and the run that it repeats differ in. */
export function differenceFacts(difference: Difference) {
  return html`<h3>${say('runDifference')}</h3>
    ${difference.identical ? html`<p class="small">${say('runIdentical')}</p>` : nothing}
    <dl class="difference">
      ${area('runBefore', difference.before_plane_m2)} ${area('runAfterwards', difference.after_plane_m2)}
      ${area('runSpared', difference.spared_plane_m2)} ${area('runAnew', difference.reached_anew_plane_m2)}
      ${fact('runDeeper', `${numberText(difference.deeper_mean_m)} m`)}
      ${fact('runLater', `${numberText(difference.later_median_s / 60)} min`)}
    </dl>`
}

function area(title: Message, value_m2: number) {
  return fact(title, `${numberText(value_m2 / KM2)} km²`)
}

function volume(value_m3: number): string {
  return `${numberText(Math.round(value_m3))} m³`
}

customElements.define('run-facts', RunFacts)

import { css, html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { handOver } from '../download'
import { named, say } from '../language'
import '../messages/sketch_files'
import { bookOf } from '../sketch_book'
import {
  figuresOf,
  MOST_BYTES,
  MOST_FIGURES,
  readFile,
  Undecided,
  writeFile,
  type Choice,
  type FileRead,
} from '../sketch_files'
import { PanelElement } from './panel_element'
import { theme } from './theme'

const ENDINGS = { shp: 'shp.zip', dxf: 'dxf', geojson: 'geojson', txt: 'txt' } as const
type Format = keyof typeof ENDINGS
const FORMATS: readonly Format[] = ['shp', 'dxf', 'geojson', 'txt']
/** These have no degrees. */
const PLANE: readonly Format[] = ['dxf', 'txt']
const MB = 1_048_576

/** Files in and out of the sketch. Fires `figures` with what a file holds. */
export class SketchFiles extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    over: { attribute: false },
    reading: { type: Boolean },
    busy: { state: true },
    problem: { state: true },
    told: { state: true },
    waiting: { state: true },
    plane: { state: true },
  }
  /** A file is over the panel. */
  declare over: boolean
  /** Files are read alone: what they hold does not become part of the sketch. */
  declare reading: boolean
  /** What is being done. */
  declare busy: string | null
  declare problem: string | null
  /** What was done, and what is to be known of it. */
  declare told: readonly string[]
  /** A file that wants a word first. */
  declare waiting: { readonly file: File; readonly of: Undecided; readonly choice: Choice } | null
  declare plane: boolean

  constructor() {
    super()
    this.over = false
    this.reading = false
    this.busy = null
    this.problem = null
    this.told = []
    this.waiting = null
    this.plane = true
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        margin-top: 14px;
        border-top: 1px solid var(--rule);
        padding-top: 12px;
      }
      h3 {
        margin: 14px 0 6px;
        font-size: 13px;
        font-weight: 600;
      }
      .drop {
        border: 1px dashed var(--rule-2);
        border-radius: 10px;
        padding: 10px 14px;
      }
      .drop.over {
        border-color: var(--accent);
        background: var(--accent-soft);
      }
      /* The browser's own words beside the field are not ours to translate: the label is the button. */
      input[type='file'] {
        position: absolute;
        opacity: 0;
        width: 1px;
        height: 1px;
      }
      .drop label {
        display: inline-block;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--card);
        padding: 3px 10px;
        cursor: pointer;
      }
      .drop label:hover {
        border-color: var(--ink-3);
      }
      input:focus-visible + label {
        outline: 2px solid var(--accent);
        outline-offset: 2px;
      }
      small {
        display: block;
        margin-top: 4px;
        color: var(--ink-3);
        font-size: 12px;
      }
      .told {
        margin-top: 8px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .bad {
        margin-top: 8px;
        border-radius: 8px;
        background: var(--seal-soft);
        padding: 8px 12px;
        color: var(--seal);
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      .which {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        align-items: end;
        margin-top: 8px;
      }
      .which label,
      .frame {
        flex: 1 1 140px;
        color: var(--ink-2);
        font-size: 12px;
      }
      select {
        width: 100%;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 3px 8px;
        color: inherit;
        font: inherit;
        font-size: 13px;
      }
      .formats {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin-top: 6px;
      }
    `,
  ]

  override render() {
    return html`
      <div class="drop ${this.over ? 'over' : ''}">
        <input id="file" type="file" aria-describedby="kinds" @change=${(event: Event) => this.#picked(event)} />
        <label for="file">${say(this.over ? 'dropHere' : 'importFile')}</label>
        <small id="kinds">${say('importKinds')}</small>
      </div>
      <div role="status">
        ${this.busy ? html`<p class="told">${this.busy}</p>` : nothing}
        ${this.told.map((each) => html`<p class="told">${each}</p>`)}
      </div>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      ${this.waiting ? this.#which(this.waiting.of) : nothing} ${this.reading ? nothing : this.#export()}
    `
  }

  /** Reads a file and hands its figures over. */
  async read(file: File, choice: Choice = {}): Promise<void> {
    this.#begin(say('readingFile', { name: file.name }))
    try {
      if (file.size > MOST_BYTES) {
        this.problem = say('fileTooLarge', { size: (file.size / MB).toFixed(1), name: file.name })
        return
      }
      this.#took(file, await readFile(file, choice))
    } catch (problem) {
      if (problem instanceof Undecided) this.waiting = { file, of: problem, choice }
      this.problem = wordsOf(problem)
    } finally {
      this.busy = null
    }
  }

  get #figures() {
    return bookOf(this.workbench.store).figures
  }

  #picked(event: Event): void {
    const input = event.target as HTMLInputElement
    const [file] = input.files ?? []
    // The same file can be chosen again.
    if (file) void this.read(file).then(() => (input.value = ''))
  }

  #took(file: File, read: FileRead): void {
    const figures = figuresOf(read)
    const count = figures.length + (this.reading ? 0 : this.#figures.length)
    if (count > MOST_FIGURES) {
      this.problem = say('sketchFull', { most: MOST_FIGURES, count: figures.length })
      return
    }
    const { frame, skipped, notes } = read
    this.told = [
      say('fileRead', { name: file.name, count: figures.length, frame: `${named(frame.title)} (${frame.id})` }),
      ...(frame.assumed ? [say('frameAssumed')] : []),
      ...(skipped.length ? [say('skippedRows', { count: skipped.length })] : []),
      ...notes.map(named),
    ]
    if (figures.length) this.dispatchEvent(new CustomEvent('figures', { detail: figures }))
  }

  #which({ frames, layers }: Undecided) {
    const options = (values: readonly string[]) =>
      values.map((value) => html`<option value=${value}>${value}</option>`)
    return html`<form
      class="which"
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        this.#decide(new FormData(event.target as HTMLFormElement))
      }}
    >
      ${frames.length ? html`<label>${say('whichFrame')}<select name="crs">${options(frames)}</select></label>` : nothing}
      ${layers.length ? html`<label>${say('whichLayer')}<select name="layer">${options(layers)}</select></label>` : nothing}
      <button>${say('readAgain')}</button>
    </form>`
  }

  #decide(form: FormData): void {
    if (!this.waiting) return
    const { file, choice } = this.waiting
    const said = Object.fromEntries([...form].map(([name, value]) => [name, String(value)]))
    void this.read(file, { ...choice, ...said })
  }

  #export() {
    const { central_meridian_deg: meridian } = this.workbench.config.city
    const nothingThere = !this.#figures.length || this.busy !== null
    return html`
      <h3>${say('exportSketch')}</h3>
      <label class="frame"
        >${say('exportFrame')}
        <select
          @change=${(event: Event) => {
            this.plane = (event.target as HTMLSelectElement).value === 'plane'
          }}
        >
          <option value="plane" ?selected=${this.plane}>${say('cityPlane', { meridian })}</option>
          <option value="degrees" ?selected=${!this.plane}>${say('degrees4490')}</option>
        </select>
      </label>
      <div class="formats">${FORMATS.map((format) => this.#button(format, nothingThere))}</div>
    `
  }

  #button(format: Format, disabled: boolean) {
    const off = disabled || (!this.plane && PLANE.includes(format))
    const title = format === 'txt' ? say('boundaryText') : { shp: 'SHP', dxf: 'DXF', geojson: 'GeoJSON' }[format]
    return html`<button ?disabled=${off} @click=${() => void this.#write(format)}>${title}</button>`
  }

  async #write(format: Format): Promise<void> {
    const all = this.#figures
    const figures = format === 'txt' ? all.filter(({ geometry }) => geometry.type.endsWith('Polygon')) : all
    if (!figures.length) {
      this.#begin(null)
      this.problem = say('noAreas')
      return
    }
    this.#begin(say('exporting'))
    const name = `${named({ zh: '草图', en: 'sketch' })}.${ENDINGS[format]}`
    try {
      handOver(await writeFile(figures, format, this.plane ? 'plane' : 'degrees'), name)
      const count = all.length - figures.length
      this.told = [count ? say('exportedAreas', { name, count }) : say('exported', { name })]
    } catch (problem) {
      this.problem = wordsOf(problem)
    } finally {
      this.busy = null
    }
  }

  #begin(doing: string | null): void {
    this.busy = doing
    this.problem = null
    this.told = []
    this.waiting = null
  }
}

function wordsOf(problem: unknown): string {
  if (problem instanceof ServerProblem) return problem.words
  throw problem
}

customElements.define('sketch-files', SketchFiles)

/** How a river strip is drawn 河道条带的画法: chainage to the right, a lane each for banks, channel, stations. */
import { nothing, svg } from 'lit'
import { say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/river_strip'
import { LANES, laneOf, reachedOf, same, stageOf, within, type Along, type Lane, type Stretch } from '../river_strip'
import { chainageText, NODES, STATIONS, type Thing } from '../rivers'
import { ticks } from '../series'
import type { FeatureRef } from '../model'

const LEFT_PX = 34
const RIGHT_PX = 12
const TOP_PX = 30
const LANE_PX = 32
const FOOT_PX = 24
/** Marks nearer to each other than this are ticks, without their sign. */
const APART_PX = 17
/** A name needs so much room. */
const LABEL_PX = 84

const SIGNS: Readonly<Record<string, Message>> = {
  sluice: 'signSluice',
  'rubber-dam': 'signDam',
  'pump-station': 'signPump',
  reservoir: 'signReservoir',
  bridge: 'signBridge',
  culvert: 'signCulvert',
  outfall: 'signOutfall',
}
const LANE_NAMES: Readonly<Record<Lane, Message>> = {
  gauges: 'laneGauges',
  left: 'laneLeft',
  channel: 'laneChannel',
  right: 'laneRight',
  cameras: 'laneCameras',
}

/** One drawing of a stretch of a river. */
export class StripPicture {
  readonly lanes: readonly Lane[]

  constructor(
    readonly along: Along,
    readonly stretch: Stretch,
    readonly width: number,
    cameras: boolean,
  ) {
    this.lanes = LANES.filter((each) => each !== 'cameras' || cameras)
  }

  get height_px(): number {
    return TOP_PX + this.lanes.length * LANE_PX + FOOT_PX
  }

  x(chainage_m: number): number {
    const { from_m, to_m } = this.stretch
    return LEFT_PX + ((chainage_m - from_m) / (to_m - from_m)) * (this.width - LEFT_PX - RIGHT_PX)
  }

  /** The chainage at a place from the left. */
  chainageAt(x: number): number {
    const { from_m, to_m } = this.stretch
    return from_m + ((x - LEFT_PX) / (this.width - LEFT_PX - RIGHT_PX)) * (to_m - from_m)
  }

  /** How much chainage a way to the right is. */
  lengthOf(way: number): number {
    const { from_m, to_m } = this.stretch
    return (way / (this.width - LEFT_PX - RIGHT_PX)) * (to_m - from_m)
  }

  #y(lane: Lane): number {
    return TOP_PX + (this.lanes.indexOf(lane) + 0.5) * LANE_PX
  }

  /** What is drawn as a mark of its own: everything but what runs along a bank, and cross-sections. */
  marks(): readonly Thing[] {
    return this.along.things.filter((each) => isMark(each) && within(each, this.stretch))
  }

  /** The mark next to a place, not farther than a finger; of several in a row that of the lane pointed at. */
  at(x: number, y: number, reach_px: number): Thing | null {
    let best: Thing | null = null
    let least = Infinity
    for (const each of this.marks()) {
      const [dx, dy] = [this.x(each.chainage_m) - x, this.#y(laneOf(each)) - y]
      const far = Math.hypot(dx, dy * 0.5)
      if (Math.abs(dx) <= reach_px && Math.abs(dy) <= LANE_PX && far < least) [best, least] = [each, far]
    }
    return best
  }

  frame() {
    const { from_m, to_m } = this.stretch
    const foot = this.height_px - FOOT_PX
    const [low, high] = from_m < to_m ? [from_m, to_m] : [to_m, from_m]
    const channel = this.#y('channel')
    return svg`
      ${ticks(low, high, Math.max(2, Math.floor((this.width - LEFT_PX) / 96))).map((at) => {
        const x = this.x(at)
        return svg`<line class="grid" x1=${x} x2=${x} y1=${TOP_PX - 4} y2=${foot}></line>
          <text x=${x} y=${foot + 16} text-anchor=${x > this.width - 32 ? 'end' : 'middle'}>${chainageText(at)}</text>`
      })}
      ${this.lanes.map((lane) => svg`<text x="2" y=${this.#y(lane) + 4}>${say(LANE_NAMES[lane])}</text>`)}
      <line class="water" x1=${LEFT_PX} x2=${this.width - RIGHT_PX} y1=${channel} y2=${channel}></line>
      <path class="way" d="M${this.width - RIGHT_PX} ${channel - 6}l9 6l-9 6z"></path>`
  }

  /** Dykes along their banks, sections across the channel. */
  banks() {
    const channel = this.#y('channel')
    return this.along.things
      .filter((each) => !isMark(each) && within(each, this.stretch))
      .map((each) => {
        const x = this.x(each.chainage_m)
        if (each.layer === 'river-sections') {
          return svg`<line class="section" x1=${x} x2=${x} y1=${channel - 9} y2=${channel + 9}></line>`
        }
        const [from, to] = [x, this.x(each.chainage_to_m)].map((at) => Math.min(this.width - RIGHT_PX, Math.max(LEFT_PX, at)))
        const banks = each.bank === 'both' ? (['left', 'right'] as const) : each.bank === 'right' ? (['right'] as const) : (['left'] as const)
        return banks.map((bank) => {
          const y = this.#y(bank) + (bank === 'left' ? 13 : -13)
          return svg`<line class="dyke" x1=${from ?? 0} x2=${to ?? 0} y1=${y} y2=${y}></line>`
        })
      })
  }

  /** The marks with their signs; `lit`: pointed at, `chosen`: chosen. */
  signs(lit: FeatureRef | null, chosen: FeatureRef | null) {
    const last = new Map<Lane, number>()
    const drawn = this.marks().map((each) => {
      const lane = laneOf(each)
      const x = this.x(each.chainage_m)
      const marked = same(each, lit) || same(each, chosen)
      const crowded = x - (last.get(lane) ?? -Infinity) < APART_PX
      if (!crowded) last.set(lane, x)
      const tick = crowded && !marked
      return { over: tick ? 0 : marked ? 2 : 1, sign: this.#sign(each, x, this.#y(lane), tick, marked) }
    })
    // A tick through a sign makes it unreadable.
    return drawn.sort((a, b) => a.over - b.over).map(({ sign }) => sign)
  }

  #sign(each: Thing, x: number, y: number, crowded: boolean, marked: boolean) {
    const tone = marked ? 'marked' : this.#tone(each)
    if (crowded) return svg`<line class="tick ${tone}" x1=${x} x2=${x} y1=${y - 6} y2=${y + 6}></line>`
    if (each.layer === NODES) return svg`<path class="node ${tone}" d="M${x} ${y - 7}l7 7l-7 7l-7 -7z"></path>`
    return svg`<g class="sign ${tone}"><rect x=${x - 7.5} y=${y - 8} width="15" height="16" rx="3"></rect>
      <text x=${x} y=${y + 4} text-anchor="middle">${signOf(each)}</text></g>`
  }

  #tone(each: Thing): string {
    if (each.layer !== STATIONS) return each.layer
    return reachedOf(this.along.gauges.get(each.fid)) ? 'reached' : each.layer
  }

  /** Stages above their stations, where they do not run into one another. */
  levels() {
    let last = -Infinity
    return this.marks()
      .filter(({ layer }) => layer === STATIONS)
      .map((each) => {
        const stage = stageOf(this.along.gauges.get(each.fid))
        const x = this.x(each.chainage_m)
        if (stage?.value === null || stage === null || x - last < LABEL_PX / 1.6) return nothing
        last = x
        return svg`<text class="level" x=${Math.min(x, this.width - 40)} y=${this.#y('gauges') - 12} text-anchor="middle">${numberText(stage.value)} m</text>`
      })
  }

  /** A place that was taken from the map. */
  picked(chainage_m: number | null) {
    const { from_m, to_m } = this.stretch
    const outside = chainage_m === null || (chainage_m - from_m) * (chainage_m - to_m) > 0
    if (outside) return nothing
    const x = this.x(chainage_m)
    return svg`<line class="picked" x1=${x} x2=${x} y1=${TOP_PX - 8} y2=${this.height_px - FOOT_PX}></line>`
  }
}

export function isMark({ layer }: Thing): boolean {
  return layer !== 'river-dykes' && layer !== 'river-sections'
}

function signOf({ layer, kind }: Thing): string {
  if (layer === STATIONS) return say('signGauge')
  const sign = SIGNS[kind]
  return say(sign ?? 'signCamera')
}

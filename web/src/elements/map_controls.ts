/** The controls of the map beside and below it. */
import { html, nothing } from 'lit'
import type { MapView } from '../map'
import { isTilted } from '../model'
import type { Config, FrameId, MapState, Position4490 } from '../model'
import './map_tools'
import './status_bar'

/** Nearer, farther, the whole city, tilted or flat. */
export function tools(view: MapView | undefined, state: MapState, besideCard: boolean) {
  if (!view) return nothing
  return html`<map-tools
    class="card ${besideCard ? 'beside-card' : ''}"
    @zoom=${(event: CustomEvent<number>) => view.zoomBy(event.detail)}
    .tilted=${isTilted(state)}
    .bearing_deg=${state.camera?.bearing_deg ?? 0}
    @city=${() => view.showCity()}
    @tilt=${() => view.tilt(!isTilted(state))}
    @north=${() => view.tilt(true)}
  ></map-tools>`
}

/** Scale, position and frame; `changed`: another frame was chosen. */
export function status(
  { city }: Config,
  { frame }: MapState,
  position: Position4490 | null,
  metersPerPixel: number,
  changed: (frame: FrameId) => void,
) {
  if (!position) return nothing
  return html`<status-bar
    .position=${position}
    .metersPerPixel=${metersPerPixel}
    .centralMeridian_deg=${city.central_meridian_deg}
    .frame=${frame}
    @frame=${(event: CustomEvent<FrameId>) => changed(event.detail)}
  ></status-bar>`
}

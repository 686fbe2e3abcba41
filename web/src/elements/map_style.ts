import { css } from 'lit'

/** What MapLibre's elements need here: its own sheet is mostly pictures for controls that are not used. */
export const mapStyle = css`
  .maplibregl-map {
    overflow: hidden;
    -webkit-tap-highlight-color: transparent;
  }
  .maplibregl-canvas {
    position: absolute;
    top: 0;
    left: 0;
  }
  .maplibregl-interactive {
    cursor: grab;
    user-select: none;
  }
  .maplibregl-interactive:active {
    cursor: grabbing;
  }
  .maplibregl-touch-drag-pan,
  .maplibregl-touch-drag-pan .maplibregl-canvas {
    touch-action: none;
  }
  .maplibregl-boxzoom {
    position: absolute;
    top: 0;
    left: 0;
    width: 0;
    height: 0;
    border: 2px dashed var(--accent);
    background: rgb(255 255 255 / 50%);
  }
`

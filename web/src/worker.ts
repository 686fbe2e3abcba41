import './polyfill'
import 'maplibre-gl/dist/maplibre-gl-worker.mjs'
import { planeOf, type Plane } from './frames/plane'

interface MapWorker {
  setProjectionHandler(handler: (definition: string) => Plane): void
}

// GeoJSON is laid on the map's plane in the worker, which knows none of its own.
;(self as unknown as MapWorker).setProjectionHandler(planeOf)

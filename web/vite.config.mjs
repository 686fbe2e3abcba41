import { defineConfig } from 'vite'
import { notices } from './plugins/notices.mjs'
import { precompress } from './plugins/precompress.mjs'

/** MapLibre's manifest calls its files free of side effects; its worker is nothing else. */
const keepMapLibreWorker = {
  name: 'onemap-keep-maplibre-worker',
  transform: {
    filter: { id: /maplibre-gl-worker\.mjs$/ },
    handler: (code) => ({ code, moduleSideEffects: true }),
  },
}

export default defineConfig({
  // Addresses are relative to the page (/map) and to each script, so that the platform
  // also works below a path prefix behind a proxy.
  experimental: {
    renderBuiltUrl: (filename, { hostType }) =>
      hostType === 'html' ? `static/${filename}` : { relative: true },
  },
  build: {
    // MapLibre's own files ask for Chromium 94; government desktops hold older ones.
    target: 'chrome87',
    cssTarget: 'chrome87',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es', plugins: () => [keepMapLibreWorker] },
  plugins: [notices(), precompress()],
})

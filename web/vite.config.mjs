import { defineConfig, transformWithOxc } from 'vite'
import { leaveOut } from './plugins/leave_out.mjs'
import { notices } from './plugins/notices.mjs'
import { precompress } from './plugins/precompress.mjs'
import { tightTemplates } from './plugins/tight_templates.mjs'

/** MapLibre's manifest calls its files free of side effects; its worker is nothing else. */
const keepMapLibreWorker = {
  name: 'onemap-keep-maplibre-worker',
  transform: {
    filter: { id: /maplibre-gl-worker\.mjs$/ },
    handler: (code) => ({ code, moduleSideEffects: true }),
  },
}

/** Government desktops hold Chromium 87; MapLibre's files ask for 94 (`static {}` in classes). */
const OLDEST = 'chrome87'

/** What asks for more than the oldest browser is rewritten: MapLibre alone, our own sources ask for no more. */
const forOldBrowsers = {
  name: 'onemap-for-old-browsers',
  apply: 'build',
  transform: {
    filter: { id: /maplibre-gl(-worker)?\.mjs$/ },
    handler: (code, id) => transformWithOxc(code, id, { target: OLDEST, lang: 'js' }),
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
    // Newer than the oldest: it knows private members, which else would be rewritten.
    target: 'chrome98',
    cssTarget: OLDEST,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: 'es', plugins: () => [keepMapLibreWorker, forOldBrowsers] },
  plugins: [tightTemplates(), leaveOut(), forOldBrowsers, notices(), precompress()],
})

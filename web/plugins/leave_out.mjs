/**
 * Shaders of what the platform's maps never draw: surfaces are shaded by the server, there is no globe, no heat
 * map, no ground in three dimensions and no line whose colour changes along it. MapLibre compiles a program when a layer first asks for it, so what is not asked for need not be there.
 */
const NEVER_DRAWN = {
  hillshade: 'u_latrange',
  'slopes of a hillshade': 'u_log2_world_width',
  'color relief': 'u_elevation_stops',
  'heat map': 'u_intensity',
  'colours of a heat map': 'u_color_ramp;',
  'sky of a globe': 'u_sun_pos',
  'ground in three dimensions': 'u_fog_ground_blend',
  'mesh of the ground': 'u_ele_delta',
  'line of changing colour': 'u_image_height',
  'dashes of changing colour': 'u_image_dash',
}
const TEXT = /`(?:[^`\\]|\\.)*`/g

/** Empties these shaders in MapLibre's file; fails where one is not found, as another version may have it otherwise. */
export function leaveOut() {
  return {
    name: 'onemap-leave-out',
    apply: 'build',
    transform: {
      filter: { id: /maplibre-gl\.mjs$/ },
      handler(code) {
        const found = new Set()
        const kept = code.replace(TEXT, (text) => {
          const what = Object.keys(NEVER_DRAWN).find((name) => text.includes(`uniform `) && text.includes(NEVER_DRAWN[name]))
          if (!what) return text
          found.add(what)
          return '``'
        })
        const missed = Object.keys(NEVER_DRAWN).filter((name) => !found.has(name))
        if (missed.length) this.error(`MapLibre has no shader of ${missed.join(', ')} as leave_out.mjs knows it`)
        return kept
      },
    },
  }
}

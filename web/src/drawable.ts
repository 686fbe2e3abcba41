let answer: boolean | null = null

/** The map needs WebGL 2; without it the page works with lists, tables and cards alone. */
export function drawsMaps(): boolean {
  answer ??= document.createElement('canvas').getContext('webgl2') !== null
  return answer
}

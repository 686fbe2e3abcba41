import './polyfill'

/** The map needs WebGL 2; without it the page says so instead of staying empty. */
function drawsWebGl2(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null
}

function sayTooOld(page: HTMLElement): void {
  page.setAttribute('role', 'alert')
  const words = page.querySelector('#first-words')
  if (!words) return
  const english = document.createElement('span')
  english.lang = 'en'
  english.textContent =
    ' This browser is too old for the map: it needs WebGL 2 (Chromium 87 or newer, with hardware acceleration on).'
  words.replaceChildren(
    '浏览器过旧:地图需要 WebGL 2(Chromium 87 及以上内核,并开启硬件加速)。数据仍可从接口读取。',
    english,
  )
}

async function start(page: HTMLElement): Promise<void> {
  if (!drawsWebGl2()) return sayTooOld(page)
  await import('./elements/one_map')
  page.replaceChildren(document.createElement('one-map'))
}

const page = document.getElementById('page')
if (page) void start(page)

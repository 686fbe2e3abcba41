import './polyfill'
import { remembered, speak } from './language'

async function start(page: HTMLElement): Promise<void> {
  speak(remembered())
  await import('./elements/one_map')
  page.replaceChildren(document.createElement('one-map'))
}

const page = document.getElementById('page')
if (page) void start(page)

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

const FILE_NAME = 'THIRD-PARTY-NOTICES.txt'
const MODULES = `${sep}node_modules${sep}`
/** Libraries that arrive already bundled into another package's files. */
const BUNDLED_INSIDE = { 'maplibre-gl': 'dependencies' }

/** Writes the licence of every package whose code is in the bundle. */
export function notices() {
  const packages = new Set()
  let root
  return {
    name: 'onemap-notices',
    apply: 'build',
    configResolved(config) {
      root = config.root
    },
    moduleParsed({ id }) {
      const folder = packageFolder(id.replace(/^\0/, '').split('?')[0])
      if (folder) packages.add(folder)
    },
    generateBundle() {
      const source = text(withBundled(packages, root))
      this.emitFile({ type: 'asset', fileName: FILE_NAME, source })
    },
  }
}

function packageFolder(file) {
  const at = file.lastIndexOf(MODULES)
  if (at < 0) return null
  const parts = file.slice(at + MODULES.length).split(sep)
  const name = parts[0].startsWith('@') ? parts.slice(0, 2) : parts.slice(0, 1)
  const folder = join(file.slice(0, at), 'node_modules', ...name)
  return existsSync(join(folder, 'package.json')) ? folder : null
}

function withBundled(packages, root) {
  const all = new Set(packages)
  for (const folder of all) {
    const { name, ...manifest } = readManifest(folder)
    for (const dependency of Object.keys(manifest[BUNDLED_INSIDE[name]] ?? {})) {
      const inside = join(root, 'node_modules', dependency)
      if (existsSync(inside) && !dependency.startsWith('@types/')) all.add(inside)
    }
  }
  return [...all]
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function text(folders) {
  const entries = folders.map(entry).sort()
  return `One Map 一张图 contains the following third-party software.\n\n${entries.join('\n')}`
}

function entry(folder) {
  const { name, version, license } = readManifest(folder)
  if (!license) throw new Error(`${name} states no licence`)
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each))
  const terms = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`
  return `${'='.repeat(78)}\n${name} ${version} — ${license}\n${'='.repeat(78)}\n${terms}\n`
}

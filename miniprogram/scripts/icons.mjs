// Writes src/styles/icons.css: the Phosphor icons that the sources name, as masks in the colour of the text; --check looks for drift.
// A name ends in -fill or -duotone for those weights; regular otherwise.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const target = 'src/styles/icons.css'
const names = new Set()
for (const file of readdirSync('src', { recursive: true }).map(String)) {
  if (!/\.(vue|ts)$/.test(file)) continue
  const source = readFileSync(join('src', file), 'utf8')
  for (const [, written] of source.matchAll(/(?<!slot )(?:name|icon)="([^"]*)"/g)) add(/^[a-z-]+$/.test(written) ? [written] : quoted(written))
  for (const [, name] of source.matchAll(/(?:icon|on): '([a-z-]+)'/g)) add([name])
}
function quoted(expression) {
  return [...expression.matchAll(/'([a-z-]+)'/g)].map(([, name]) => name)
}
function add(found) {
  for (const name of found) if (existsSync(pathOf(name))) names.add(name)
}
function pathOf(name) {
  if (name === 'whistle') return 'scripts/whistle.svg' // Phosphor has none
  const weight = name.endsWith('-fill') ? 'fill' : name.endsWith('-duotone') ? 'duotone' : 'regular'
  return `node_modules/@phosphor-icons/core/assets/${weight}/${name}.svg`
}
const drawing = (name) => readFileSync(pathOf(name), 'utf8').trim()
const asUrl = (svg) => svg.replace(/"/g, "'").replace(/fill='currentColor'/g, "fill='#000'").replace(/[%#<>{}]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase())
const lines = [
  '/* Written by scripts/icons.mjs from @phosphor-icons/core (MIT). */',
  '.ic { display: inline-block; width: var(--icon); height: var(--icon); flex: none; background: currentColor; -webkit-mask: var(--i) center / contain no-repeat; mask: var(--i) center / contain no-repeat; }',
  ...[...names].sort().map((name) => `.ic-${name} { --i: url("data:image/svg+xml,${asUrl(drawing(name))}"); }`),
]
const fresh = lines.join('\n') + '\n'
if (!process.argv.includes('--check')) {
  writeFileSync(target, fresh)
  console.log(`${names.size} icons, ${(fresh.length / 1024).toFixed(1)} KB`)
} else if (fresh !== readFileSync(target, 'utf8')) {
  console.error(`${target} has drifted from what the pages use: npm run icons`)
  process.exit(1)
}

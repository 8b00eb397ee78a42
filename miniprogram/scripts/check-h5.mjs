// Looks at an H5 build: what the first page loads is small enough, no maps, no test hooks, nothing points outside.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const MOST_BYTES = 250 * 1024
const OUTSIDE = /https?:\/\/(?!www\.w3\.org|127\.0\.0\.1|localhost)[a-z0-9.-]+\.(?:com|cn|net|org|io)[^"'`\s)]*/g
const NAMED_ONLY = /dcloud|vuejs\.org|w3\.org|github\.com|tencent|qq\.com|amap|google|bspapp/ // words inside libraries; the browser test proves that none is asked
const root = process.argv[2]
const bad = []
const files = readdirSync(root, { recursive: true }).map(String).filter((file) => statSync(join(root, file)).isFile())
const size = (file) => gzipSync(readFileSync(join(root, file)), { level: 9 }).length

/** The home page and everything it imports, however deep: what a phone must fetch before it shows something. */
const first = new Set(['index.html'])
function follow(file) {
  if (first.has(file)) return
  first.add(file)
  if (file.endsWith('.js')) for (const [, next] of readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) follow(`assets/${next}`)
}
for (const [, asset] of readFileSync(join(root, 'index.html'), 'utf8').matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)) follow(asset)
for (const file of files) if (/^assets\/pages-home-/.test(file)) follow(file)
const bytes = [...first].reduce((sum, file) => sum + size(file), 0)
if (bytes > MOST_BYTES) bad.push(`the first page loads ${bytes} bytes gzipped, more than ${MOST_BYTES}`)

for (const file of files) {
  if (file.endsWith('.map')) bad.push(`${file}: a source map`)
  if (!/\.(js|css|html)$/.test(file)) continue
  const text = readFileSync(join(root, file), 'utf8')
  for (const hook of text.match(/__ctl|sandbox(?!")|demo-mp-|data-testid/g) ?? []) bad.push(`${file}: ${hook}`)
  for (const outside of text.match(OUTSIDE) ?? []) if (!NAMED_ONLY.test(outside)) bad.push(`${file}: ${outside.slice(0, 90)}`)
}

console.log(`h5: ${files.length} files, first page ${(bytes / 1024).toFixed(0)} KB gzipped`)
if (bad.length) {
  console.error(bad.join('\n'))
  process.exit(1)
}

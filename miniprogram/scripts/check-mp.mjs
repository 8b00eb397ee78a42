// Looks at a mini-program build without WeChat's own tools: pages and components exist, packages are small enough, Tencent's
// compilers take every template and style, every script parses, nothing points outside.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, posix } from 'node:path'
import vm from 'node:vm'

const { wxmlToJs, wxssToJs } = createRequire(import.meta.url)('miniprogram-compiler')
const MOST_BYTES = 1.2 * 1024 * 1024
const root = process.argv[2]
const bad = []
const files = readdirSync(root, { recursive: true }).map(String).filter((file) => statSync(join(root, file)).isFile())

function json(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8'))
  } catch (failure) {
    bad.push(`${file}: ${failure.message}`)
    return {}
  }
}

const app = json('app.json')
const seen = new Set()
function visit(path, kind) {
  if (seen.has(path)) return
  seen.add(path)
  for (const ending of ['.js', '.json', '.wxml']) if (!existsSync(join(root, path + ending))) bad.push(`${kind} ${path}${ending} is missing`)
  if (!existsSync(join(root, `${path}.json`))) return
  for (const [name, where] of Object.entries(json(`${path}.json`).usingComponents ?? {})) {
    visit(where.startsWith('/') ? where.slice(1) : posix.join(dirname(path), where), `component <${name}>`)
  }
}
for (const page of app.pages ?? []) visit(page, 'page')

const bytes = files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0)
if (bytes > MOST_BYTES) bad.push(`the main package has ${bytes} bytes, more than ${MOST_BYTES}`)
for (const file of files) {
  if (!/\.(js|wxss|wxml|wxs)$/.test(file)) continue
  const text = readFileSync(join(root, file), 'utf8')
  for (const outside of text.match(/url\(["']?https?:[^)]*|127\.0\.0\.1|localhost|__ctl|sandbox/g) ?? []) bad.push(`${file}: ${outside.slice(0, 90)}`)
  if (!file.endsWith('.js')) continue
  try {
    new vm.Script(text, { filename: file })
  } catch (failure) {
    bad.push(`${file}: ${failure.message}`)
  }
}
for (const [kind, compile] of [['wxml', wxmlToJs], ['wxss', wxssToJs]]) {
  try {
    compile(root)
  } catch (failure) {
    bad.push(`${kind}: ${String(failure.message).slice(0, 400)}`)
  }
}

console.log(`mini-program: ${app.pages?.length} pages, ${seen.size - (app.pages?.length ?? 0)} components, ${(bytes / 1024).toFixed(0)} KB`)
if (bad.length) {
  console.error(bad.join('\n'))
  process.exit(1)
}

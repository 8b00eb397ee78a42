import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'
import uniPkg from '@dcloudio/vite-plugin-uni'

// "type": "module" makes Node hand the CJS namespace over as { default: fn }
const uni = ((uniPkg as unknown as { default?: typeof uniPkg }).default ?? uniPkg) as typeof uniPkg

/** Nothing in the package may ask for anything from outside: uni-h5 preloads pictures from its maker's servers. */
function noOutsideAssets(): Plugin {
  return {
    name: 'no-outside-assets',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset' && /\.(wxss|css)$/.test(file.fileName)) {
          file.source = file.source.toString().replace(/url\(["']?https:\/\/cdn\.dcloud\.net\.cn\/[^)]*\)/g, 'none')
        }
        if (file.type === 'chunk') {
          file.code = file.code.replace(/https:\/\/cdn\.dcloud\.net\.cn\/[^"'`)]*/g, '')
        }
      }
    },
  }
}

/** The H5 client opens without a signal: its service worker is told the names of this build's files. */
function openWithoutSignal(): Plugin {
  return {
    name: 'open-without-signal',
    enforce: 'post',
    generateBundle(_options, bundle) {
      if (process.env.UNI_PLATFORM !== 'h5') return
      const pictures = readdirSync('src/static').sort()
      const names = [...Object.keys(bundle).filter((name) => name.startsWith('assets/')).sort(), ...pictures.map((name) => `static/${name}`)]
      const worker = readFileSync('src/sw.js', 'utf8')
      const drawn = pictures.map((name) => readFileSync(`src/static/${name}`, 'utf8')).join()
      const build = createHash('sha256').update(names.join() + drawn + worker).digest('hex').slice(0, 12)
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: `self.build=${JSON.stringify({ build, names })}\n${worker}` })
    },
  }
}

/** What every page shares travels as one file, so that a phone far away waits for one more answer and not for ten. */
const shared = /\/src\/(?:components|rules|stores|platform|api)\//

/** The first page is asked for before any script has run. */
function askForHomeAtOnce(): Plugin {
  return {
    name: 'ask-for-home-at-once',
    enforce: 'post',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) =>
        Object.values(bundle ?? {})
          .filter((file) => file.fileName.startsWith('assets/pages-home-') && file.type === 'chunk')
          .map((file) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `./${file.fileName}` }, injectTo: 'head' as const })),
    },
  }
}

const isH5 = process.env.UNI_PLATFORM === 'h5'

export default defineConfig({
  base: './',
  plugins: [uni(), noOutsideAssets(), openWithoutSignal(), ...(isH5 ? [askForHomeAtOnce()] : [])],
  build: {
    assetsInlineLimit: 2048,
    sourcemap: false,
    ...(isH5 ? { rollupOptions: { output: { manualChunks: (id: string) => (shared.test(id) ? 'shared' : undefined) } } } : {}),
  },
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ['legacy-js-api'] } } },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': 'http://127.0.0.1:8000', '/m/entry.json': 'http://127.0.0.1:8000' } },
})

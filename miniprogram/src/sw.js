// Lets the H5 client open without a signal: this build's files are kept, the API is never touched. `build` is put in by the build.
const { build, names } = self.build
const kept = `lianxin-${build}`

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(kept).then((cache) => cache.addAll(['./', ...names])).then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('lianxin-') && name !== kept
  event.waitUntil(caches.keys().then((all) => Promise.all(all.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim()))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const inside = request.url.startsWith(self.registration.scope) && !request.url.endsWith('/entry.json')
  if (request.method !== 'GET' || !inside) return
  event.respondWith(request.mode === 'navigate' ? newest(request) : fromPhone(request))
})

// The page itself: from the server when it answers, else the one that is kept.
async function newest(request) {
  try {
    return await fetch(request)
  } catch {
    return (await caches.match('./', { cacheName: kept, ignoreSearch: true })) ?? Response.error()
  }
}

async function fromPhone(request) {
  const found = await caches.match(request, { cacheName: kept })
  if (found) return found
  const answer = await fetch(request)
  if (answer.ok) (await caches.open(kept)).put(request, answer.clone())
  return answer
}

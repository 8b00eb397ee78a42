// How the browser client feels on a slow phone: node scripts/pace.mjs FACTS.json prints figures as JSON. A cold start for every page, CPU four times
// slower, slow 4G (1.6 Mbit/s down, 0.75 up, 150 ms); then taps; then the zone bundle at 200 kbit/s.
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 }
const HILLS = { offline: false, latency: 300, downloadThroughput: 200_000 / 8, uploadThroughput: 200_000 / 8 }
const browser = await chromium.launch({ executablePath: facts.chromium, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'] })

/** A phone in somebody's hand; `slow` makes it one of the cheap ones. */
async function phone(who, { slow = true, network = SLOW_4G } = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', serviceWorkers: 'block' })
  context.setDefaultTimeout(60_000)
  await context.addInitScript((session) => sessionStorage.setItem('lianxin.session', session), JSON.stringify({ token: facts.tokens[who], expires_at: facts.expires_at }))
  await context.addInitScript(() => {
    window.pace = { painted: 0, slowest: 0 }
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.pace.painted = one.startTime })).observe({ type: 'largest-contentful-paint', buffered: true })
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { if (one.interactionId) window.pace.slowest = Math.max(window.pace.slowest, one.duration) })).observe({ type: 'event', durationThreshold: 16, buffered: true })
  })
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', network)
  if (slow) await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  return { context, page }
}

const at = (name, query = '') => `${facts.url}/m/#/pages/${name}/index${query}`

async function painted(who, name, query) {
  const { context, page } = await phone(who)
  await page.goto(at(name, query))
  await page.locator('.app').waitFor()
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(1500)
  const found = await page.evaluate(() => window.pace.painted)
  await context.close()
  return found
}

/** Taps as a member makes them on a visit; the slowest answer of the page to any of them. */
async function tapped() {
  const { context, page } = await phone('member')
  await page.goto(at('visit', `?id=${facts.household}`))
  await page.locator('.picks .tap').first().waitFor()
  await page.waitForLoadState('networkidle')
  for (const place of [0, 1, 2, 0]) {
    await page.locator('.picks .tap').nth(place).tap()
    await page.waitForTimeout(250)
  }
  await page.locator('textarea').first().tap()
  await page.keyboard.type('灶房的瓦松了两块', { delay: 60 })
  await page.waitForTimeout(400)
  const found = await page.evaluate(() => window.pace.slowest)
  await context.close()
  return found
}

/** The zone, asked for the first time at 200 kbit/s by an app that is already there. */
async function bundle() {
  const { context, page } = await phone('member', { slow: false, network: HILLS })
  const answered = page.waitForResponse((answer) => answer.url().endsWith('/zone/households') && answer.ok(), { timeout: 120_000 })
  await page.goto(at('zone'), { timeout: 120_000 })
  await (await answered).finished()
  const timing = await page.evaluate(() => {
    const [one] = performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('/zone/households'))
    return { bytes: one.transferSize, unzipped: one.decodedBodySize, seconds: (one.responseEnd - one.startTime) / 1000 }
  })
  await context.close()
  return timing
}

const pages = {}
for (const { who, name, query } of facts.pages) pages[name] = Math.max(pages[name] ?? 0, await painted(who, name, query))
console.log(JSON.stringify({ pages, slowest: await tapped(), bundle: await bundle() }))
await browser.close()

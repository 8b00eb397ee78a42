// What the browser journeys stand on: a phone with the client in it, an eye on every request, and a few ways to act and to look.
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

export const stage = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const AXE = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required']
const outside = []
const underway = new Set()

export async function opened() {
  return chromium.launch({ executablePath: stage.chromium, args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', ...MICROPHONE] })
}

/** A phone: its own storage, its own signal. */
export async function phone(browser, { width = 390, height = 844 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, isMobile: true, hasTouch: true, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  context.setDefaultTimeout(120_000)
  context.on('request', (request) => {
    const url = request.url()
    underway.add(request)
    if (!/^(data|blob):/.test(url) && !url.startsWith(stage.url) && !url.startsWith(stage.sandbox)) outside.push(url)
  })
  for (const end of ['requestfinished', 'requestfailed']) context.on(end, (request) => underway.delete(request))
  return context
}

/** Nothing is being fetched any more and nothing is drawn as a placeholder. */
export async function settled(page) {
  await page.locator('.app').waitFor()
  await page.waitForFunction(() => !document.querySelector('.app .sk'))
  await quiet(page)
}

/** Nothing is being fetched any more: what is pressed now does not move away under the finger. */
async function quiet(page) {
  for (let turn = 0, still = 0; still < 3 && turn < 400; turn += 1, still = underway.size ? 0 : still + 1) await page.waitForTimeout(50)
}

export function nothingLeft() {
  check(outside.length === 0, `no request leaves the machine${outside.length ? `: ${outside.slice(0, 3)}` : ''}`)
}

export function check(holds, sentence) {
  if (!holds) throw new Error(`not so: ${sentence}`)
  console.log(`ok  ${sentence}`)
}

export const at = (page, query = '') => `${stage.url}/m/#/pages/${page}/index${query}`

/** Open a page of the client afresh. */
export async function open(page, name, query = '') {
  await page.goto('about:blank')
  await page.goto(at(name, query))
  await page.locator('.app').waitFor()
  if (name === 'home') await quiet(page)
}

/** Sign in on WeChat's page, as the person with this phone. */
export async function signIn(page, name, back = 'home') {
  await page.goto(`${stage.sandbox}/connect/login?redirect_uri=${encodeURIComponent(at(back))}`)
  await page.getByRole('link', { name }).click()
  await page.locator('.tabs').waitFor() // only who is signed in has it
  await quiet(page)
}

export const button = (page, name) => page.getByRole('button', { name }).first()
export const sees = (page, words) => page.getByText(words).first().waitFor()

/** The app dies in the middle of whatever it was doing, and so does every other page of this browser. */
export async function killed(page) {
  const devtools = await page.context().browser().newBrowserCDPSession()
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo')
  const died = page.waitForEvent('crash')
  for (const one of processInfo.filter((each) => each.type === 'renderer')) process.kill(one.id, 'SIGKILL')
  await died
  underway.clear()
  await page.close()
}

/** From here on the app opens without a signal. */
export const settledIn = (page) => page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated', null, { timeout: 120_000 })

/** Everything axe-core finds wrong with what is on the screen. */
export async function faults(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations)
  return found.map((one) => `${one.id}: ${one.nodes.slice(0, 2).map((node) => node.html.slice(0, 160)).join(' | ')}`)
}

/** What old eyes and fingers cannot use on this screen: axe-core's faults, letters or targets that are too small, a page that is too wide. */
export async function misfits(page, isElder) {
  const [leastText, leastTap] = isElder ? [18, 60] : [13, 44]
  const measured = await page.evaluate(([text, tap]) => {
    const own = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    const shown = (one) => one.getClientRects().length > 0 && !one.closest('.vh, [aria-hidden=true]')
    return {
      wide: document.documentElement.scrollWidth - window.innerWidth,
      small: [...document.querySelectorAll('.app *')].filter((one) => own(one) && shown(one) && parseFloat(getComputedStyle(one).fontSize) < text).map((one) => one.textContent.trim().slice(0, 20)).slice(0, 3),
      tight: [...document.querySelectorAll('.tap')].filter((one) => shown(one) && Math.min(one.offsetHeight, one.offsetWidth) < tap).map((one) => `${one.textContent.trim().slice(0, 12)} ${one.offsetWidth}x${one.offsetHeight}`).slice(0, 3),
    }
  }, [leastText, leastTap])
  const found = await faults(page)
  if (measured.wide > 0) found.push(`${measured.wide} px wider than the screen`)
  if (measured.small.length) found.push(`letters too small: ${measured.small}`)
  if (measured.tight.length) found.push(`targets too small: ${measured.tight}`)
  return found
}

/** Choose the size of the letters before anything is drawn. */
export const inView = (context, size) => context.addInitScript((chosen) => localStorage.setItem('lianxin.view', JSON.stringify({ type: 'string', data: JSON.stringify({ size: chosen, reads: true }) })), size)

export async function run(journey) {
  const browser = await opened()
  try {
    await journey(browser)
    nothingLeft()
  } catch (failure) {
    const pages = browser.contexts().flatMap((context) => context.pages())
    for (const [place, page] of pages.entries()) {
      await page.screenshot({ path: `${stage.folder}/failed-${place}.png` }).catch(() => undefined)
      console.error(page.url(), (await page.locator('body').innerText().catch(() => '')).slice(0, 600))
    }
    console.error(failure)
    process.exitCode = 1
  } finally {
    await browser.close()
  }
}

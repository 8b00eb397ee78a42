// Every page in both views, at 390 x 844, and at 360 x 640 with letters twice as large: no fault for axe-core, nothing too small,
// nothing wider than the screen; and the client stays quiet for six seconds.
import { check, inView, misfits, open, phone, run, settled, signIn, stage } from './phone.mjs'

const PAGES = [['home'], ['zone'], ['visit', `?id=${stage.household}`], ['one-visit', `?id=${stage.visit}`], ['receipts'], ['household', `?id=${stage.household}`], ['feed'], ['report'], ['report', '?kind=errand'], ['case', `?id=${stage.matter}`], ['case', `?id=${stage.task}`], ['case', `?id=${stage.answered}`], ['matters'], ['queue'], ['deed'], ['star'], ['deeds'], ['appraisal', `?id=${stage.household}`], ['board'], ['points'], ['votes'], ['checks'], ['inbox'], ['me'], ['bindings'], ['door', `?t=${stage.strange_door}`], ['consents'], ['readers'], ['broadcast'], ['broadcasts'], ['told', `?id=${stage.household}`], ['helping'], ['entrust'], ['entrust', '?paper=1'], ['numbers']]
const CADRES = [['feed'], ['held']]
const STRANGERS = [['sign-in'], ['door', `?t=${stage.strange_door}`], ['me']]
// each view is loaded once a page and looked at on two screens: as it opens, and small with the letters as large as they go
const VIEWS = [{ size: 'normal', small: doubled }, { size: 'large', small: largest }]
const LARGE = { width: 390, height: 844 }
const SMALL = { width: 360, height: 640 }
const bad = []
let looked = 0

/** The letters twice as large, as the phone's own settings make them. */
function doubled() { document.documentElement.style.textSizeAdjust = '200%' }

/** The elder view at its largest, as the settings choose it. */
function largest() { document.querySelectorAll('.app').forEach((one) => one.classList.replace('large', 'max')) }

async function look(page, name, { size, small }) {
  await settled(page)
  const isElder = size !== 'normal'
  for (const [screen, change] of [[LARGE], [SMALL, small]]) {
    await page.setViewportSize(screen)
    if (change) await page.evaluate(change)
    const where = `${screen.width} ${size}${change ? ` ${change.name}` : ''}`
    looked += 1
    for (const fault of await misfits(page, isElder)) bad.push(`${where} ${name}: ${fault}`)
    if (stage.pictures) await page.screenshot({ path: `${stage.pictures}/${name}-${where.replaceAll(' ', '-')}.png`, fullPage: true })
  }
  await page.setViewportSize(LARGE)
}

await run(async (browser) => {
  for (const view of VIEWS) {
    const context = await phone(browser, LARGE)
    await inView(context, view.size)
    const page = await context.newPage()
    page.on('console', (said) => { if (/(Type|Reference)Error/.test(said.text())) bad.push(`${view.size} ${page.url().split('#')[1]}: ${said.text().slice(0, 120)}`) })
    for (const [name, query] of STRANGERS) {
      await open(page, name, query)
      await look(page, `stranger-${name}`, view)
    }
    await signIn(page, '赵建国')
    for (const [name, query] of PAGES) {
      await open(page, name, query)
      await settled(page)
      if (await page.getByText('先登录，再接着看').count()) bad.push(`${view.size} ${name}: signed out`)
      await look(page, name, view)
    }
    if (view.size === 'normal') await page.waitForTimeout(6000)
    await signIn(page, '孟德胜')
    for (const [name, query] of CADRES) {
      await open(page, name, query)
      await look(page, `cadre-${name}`, view)
    }
    await context.close()
  }
  check(bad.length === 0, `${looked} looks at pages, no fault${bad.length ? `:\n${bad.join('\n')}` : ''}`)
})

// Every page in both views, at 390 x 844 and at 360 x 640 with letters twice as large: no fault for axe-core, nothing too small, nothing wider
// than the screen; and the client stays quiet for six seconds.
import { check, misfits, open, phone, run, signIn, stage } from './phone.mjs'

const PAGES = [['home'], ['zone'], ['visit', `?id=${stage.household}`], ['one-visit', `?id=${stage.visit}`], ['receipts'], ['household', `?id=${stage.household}`], ['feed'], ['report'], ['report', '?kind=errand'], ['case', `?id=${stage.matter}`], ['case', `?id=${stage.task}`], ['case', `?id=${stage.answered}`], ['matters'], ['queue'], ['deed'], ['star'], ['deeds'], ['appraisal', `?id=${stage.household}`], ['board'], ['points'], ['votes'], ['checks'], ['inbox'], ['me'], ['bindings'], ['door', `?t=${stage.strange_door}`], ['consents'], ['readers'], ['broadcast'], ['broadcasts'], ['told', `?id=${stage.household}`], ['helping'], ['entrust'], ['entrust', '?paper=1'], ['numbers']]
const CADRES = [['feed'], ['held']]
const STRANGERS = [['sign-in'], ['door', `?t=${stage.strange_door}`], ['me']]
const SCREENS = [{ width: 390, height: 844, letters: 1 }, { width: 360, height: 640, letters: 2 }]
const bad = []
let looked = 0

async function look(page, name, where, isElder, letters) {
  looked += 1
  for (const fault of await misfits(page, isElder)) bad.push(`${where} ${name}: ${fault}`)
  if (stage.pictures) await page.screenshot({ path: `${stage.pictures}/${name}-${where.replaceAll(' ', '-')}.png`, fullPage: true })
  return letters
}

await run(async (browser) => {
  for (const { width, height, letters } of SCREENS) {
    for (const size of ['normal', letters === 1 ? 'large' : 'max']) {
      const isElder = size !== 'normal'
      const where = `${width} ${size}${letters > 1 ? ' doubled' : ''}`
      const context = await phone(browser, { width, height })
      await context.addInitScript(([view, times]) => {
        localStorage.setItem('lianxin.view', JSON.stringify({ type: 'string', data: JSON.stringify({ size: view, reads: true }) }))
        if (times > 1) addEventListener('DOMContentLoaded', () => { document.documentElement.style.textSizeAdjust = `${times * 100}%` })
      }, [size, isElder ? 1 : letters])
      const page = await context.newPage()
      for (const [name, query] of STRANGERS) {
        await open(page, name, query)
        await page.waitForTimeout(250)
        await look(page, `stranger-${name}`, where, isElder, letters)
      }
      await signIn(page, '赵建国')
      for (const [name, query] of PAGES) {
        await open(page, name, query)
        await page.waitForLoadState('networkidle')
        if (await page.getByText('先登录，再接着看').count()) bad.push(`${where} ${name}: signed out`)
        await look(page, name, where, isElder, letters)
      }
      if (letters === 1 && !isElder) await page.waitForTimeout(6000)
      await signIn(page, '孟德胜')
      for (const [name, query] of CADRES) {
        await open(page, name, query)
        await page.waitForLoadState('networkidle')
        await look(page, `cadre-${name}`, where, isElder, letters)
      }
      await context.close()
    }
  }
  check(bad.length === 0, `${looked} looks at pages, no fault${bad.length ? `:\n${bad.join('\n')}` : ''}`)
})

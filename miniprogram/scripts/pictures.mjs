// Takes the client's pictures of the README from a running desk: node scripts/pictures.mjs <client> <sandbox> <folder> <chromium>
import { chromium } from 'playwright-core'

const [client, sandbox, folder, program] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] })

/** Somebody's phone, signed in. */
async function phoneOf(person) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  const page = await context.newPage()
  await page.goto(`${sandbox}/connect/login?phone=${person}&redirect_uri=${encodeURIComponent(`${client}#/pages/home/index`)}`)
  await page.locator('.tabs').waitFor()
  return page
}

async function taken(page, name) {
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(300)
  await page.screenshot({ path: `${folder}/client-${name}.png` })
}

/** A page of the client, once these words are on it. */
async function opened(page, name, words) {
  await page.goto('about:blank')
  await page.goto(`${client}#/pages/${name}/index`)
  await page.getByText(words).first().waitFor()
}

const villager = await phoneOf('demo-mp-villager')
await villager.getByText('我家的积分').first().waitFor()
await taken(villager, 'home')
await opened(villager, 'report', '会送给谁')
await taken(villager, 'report')
await opened(villager, 'matters', '正在办')
await villager.getByText('排水沟').first().click()
await villager.getByText('您说了这件事').waitFor()
await taken(villager, 'case')
await opened(villager, 'points', '为什么是')
await villager.getByRole('button', { name: '照顾老人' }).first().click()
await villager.getByText('自家报的').first().waitFor()
await taken(villager, 'points')
await opened(villager, 'home', '我家的积分')
await villager.getByRole('button', { name: '长辈版' }).click()
await taken(villager, 'home-elder')

const member = await phoneOf('demo-mp-member')
await opened(member, 'zone', '先去这几家')
await taken(member, 'zone')
await browser.close()

// A matter with phones side by side: a villager says it with voice and picture, the member's phone rings, he takes it and calls the clerk, who
// promises and does it; the villager says no, then yes with stars. Urging and a move without a signal, and one that came too late, are told in words.
import { button, check, killed, open, phone, run, sees, signIn, stage } from './phone.mjs'

const PICTURE = { name: 'p.png', mimeType: 'image/png', buffer: Buffer.from(stage.picture, 'base64') }
const WORDS = '门前的路灯不亮了'
const PATIENCE = 120_000

/** What lies on somebody's phone in the sandbox: the messages that WeChat or the SMS gateway brought. */
async function rings(openid, words) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((done) => setTimeout(done, 300))) {
    const { messages } = await (await fetch(`${stage.sandbox}/__ctl/phones/${openid}/messages`)).json()
    const found = messages.find((one) => JSON.stringify(one).includes(words))
    if (found) return found
  }
  throw new Error(`no phone rang with ${words}`)
}

async function photo(page) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button(page, /拍一张/).click()])
  await chooser.setFiles(PICTURE)
  await page.locator('.shot .pic').first().waitFor()
}

async function speak(page) {
  await button(page, /开始说/).click()
  await button(page, '说完了').waitFor()
  await page.waitForTimeout(1500)
  await button(page, '说完了').click()
  await button(page, /听一遍/).waitFor()
}

/** The move that is mine, with the form it asks for. */
async function move(page, name, fill) {
  await page.locator('.actions').getByRole('button', { name }).click()
  if (fill) {
    await page.getByRole('dialog').waitFor()
    await fill(page.getByRole('dialog'))
    await page.getByRole('dialog').getByRole('button', { name: '送出去' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
}

const another = async (page, name) => {
  await button(page, '还能怎么办').click()
  await page.getByRole('dialog').getByRole('button', { name }).click()
}

const shot = async (page, name) => { if (stage.pictures) await page.screenshot({ path: `${stage.pictures}/whistle-${name}.png`, fullPage: true }) }

await run(async (browser) => {
  const home = await phone(browser)
  let villager = await home.newPage()
  await signIn(villager, '王桂兰')
  await button(villager, '有事您说').click()
  await sees(villager, '您说，我记着')
  await speak(villager)
  await photo(villager)
  await villager.getByLabel('写几个字').fill(WORDS)
  await sees(villager, '人居环境')
  check((await villager.locator('.pick.on').allInnerTexts()).join().includes('人居环境'), 'the category is guessed from what was said')
  await sees(villager, /联户党员赵/)
  await sees(villager, /没人接？.*自动找村支书/)
  check(true, 'before sending it says who will get it and what happens when nobody takes it')

  // the app dies before it is sent, in the middle of a sentence
  await button(villager, '再补一段').click()
  await button(villager, '说完了').waitFor()
  await villager.waitForTimeout(3500)
  await killed(villager)
  villager = await home.newPage()
  await open(villager, 'report')
  await villager.waitForFunction((words) => document.querySelector('textarea')?.value === words, WORDS)
  await button(villager, /听一遍/).waitFor()
  await villager.locator('.shot .pic').first().waitFor()
  check(true, 'a killed app goes on where it was, with voice and picture')
  await sees(villager, '刚才的录音还在')
  await shot(villager, 'voice-left')
  await button(villager, /听一遍刚才的录音/).click()
  await button(villager, /停下刚才的录音/).waitFor()
  await button(villager, '用这段').click()
  await button(villager, /听一遍第 2 段录音/).waitFor()
  await button(villager, '再补一段').click()
  await button(villager, '说完了').waitFor()
  await villager.waitForTimeout(1500)
  await button(villager, '说完了').click()
  await button(villager, /听一遍第 3 段录音/).waitFor()
  check((await villager.getByText('再补一段').count()) === 0, 'what was being said when the app died is heard and used; three recordings are enough')
  await shot(villager, 'voice-three')
  await button(villager, '不要第 3 段录音').click()
  await button(villager, /听一遍第 3 段录音/).waitFor({ state: 'detached' })
  await button(villager, '送出去').click()
  await sees(villager, '送出去了。')
  await sees(villager, /哨\d{4}-101-\d{4}/)
  const number = (await villager.locator('body').innerText()).match(/哨\d{4}-101-\d{4}/)[0]
  const matter = new URL(villager.url().replace('#/', '')).searchParams.get('id')

  // the member's phone rings; the message leads to the matter
  const field = await phone(browser)
  const member = await field.newPage()
  await signIn(member, '赵建国')
  const rang = await rings(stage.phones['赵建国'], number)
  check(Boolean(rang), `the member's phone rings: ${number}`)
  await open(member, 'inbox')
  await member.getByRole('button', { name: number }).first().click()
  await sees(member, WORDS)
  await button(member, /听一遍第 2 段录音/).waitFor()
  await member.locator('.stop .shot .pic').first().waitFor({ timeout: PATIENCE })
  check(true, 'the message opens the matter, with the voice to hear and the picture to see')
  await open(member, 'queue')
  await member.getByRole('button', { name: new RegExp(`^转给别处：${WORDS.slice(0, 6)}`) }).click()
  await member.getByRole('dialog').getByLabel('依据').waitFor()
  check(true, 'handing it on from the list opens its form, with whom and why')
  await open(member, 'case', `?id=${matter}`)
  await button(member, '我来办').click()
  await sees(member, '属实')
  await open(villager, 'case', `?id=${matter}`)
  await sees(villager, '赵建国：我来办')
  check(true, 'the villager sees who has taken it')
  await home.setOffline(true)
  await button(villager, '催一下').click()
  await villager.locator('.rcpt.waiting').first().waitFor()
  await sees(villager, '有信号会自己送')
  check(await button(villager, '等着送').isDisabled(), 'urged without a signal, it is safe in the phone, once')
  await shot(villager, 'urge-waiting')
  await home.setOffline(false)
  await rings(stage.phones['赵建国'], '催了一下')
  await sees(villager, '您催了一下')
  check(await button(villager, '再催').isDisabled(), 'urging rings the holder, and not again at once')
  await open(member, 'case', `?id=${matter}`)
  await move(member, '属实', (sheet) => sheet.getByRole('textbox').first().fill('去看了，灯头烧了'))
  await sees(member, '自己办')
  await another(member, '吹哨')
  const order = member.getByRole('dialog')
  await order.getByRole('button', { name: '送出去' }).click()
  await sees(member, '还没选')
  await order.getByRole('group', { name: '请谁来办' }).getByRole('button', { name: '村文书' }).click()
  await order.getByLabel('依据').fill('路灯归村里管')
  await order.getByRole('button', { name: '送出去' }).click()
  await sees(member, /村文书/)

  // the clerk promises a day, and does it
  const office = await phone(browser)
  const clerk = await office.newPage()
  await signIn(clerk, '李秀英')
  await rings(stage.phones['李秀英'], number)
  await open(clerk, 'queue')
  await clerk.getByRole('button', { name: WORDS }).first().click()
  await move(clerk, '报到', (sheet) => sheet.getByRole('group', { name: '哪天办好' }).getByRole('button', { name: '明天' }).click())
  await sees(clerk, '答应：明天前办好')
  await open(villager, 'home')
  await sees(villager, WORDS)
  check((await villager.locator('.mini .now').innerText()).includes('正在办'), 'the line at home shows where it stands')
  await move(clerk, '办好了', async (sheet) => {
    await sheet.getByLabel('办理结果').fill('换了灯头')
    await photo(clerk)
  })
  await sees(clerk, '等王')
  await rings(stage.phones['王桂兰'], number)

  // is it solved? both answers weigh the same; a no asks one thing and goes on
  await open(villager, 'home')
  await sees(villager, '等您说')
  await villager.getByRole('button', { name: WORDS }).first().click()
  await sees(villager, '办好了吗')
  const sizes = await villager.locator('.big-act').evaluateAll((all) => all.map((one) => `${one.offsetWidth}x${one.offsetHeight}`))
  check(sizes.length === 2 && sizes[0] === sizes[1], 'yes and no have the same size')
  await villager.locator('.big-act.no').click()
  await sees(villager, '哪里还没好')
  await villager.getByRole('dialog').getByLabel('写几个字').fill('一闪一闪的')
  await villager.getByRole('dialog').getByRole('button', { name: '送出去' }).click()
  await sees(villager, '“一闪一闪的”')
  check((await villager.getByText(/因为“没解决”，.*往上找/).count()) > 0, 'a no goes on, one rung higher')

  // done again, this time without a signal on the clerk's phone
  await open(clerk, 'case', `?id=${matter}`)
  await sees(clerk, '“一闪一闪的”')
  await clerk.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated')
  await office.setOffline(true)
  await move(clerk, '办好了', async (sheet) => {
    await sheet.getByLabel('办理结果').fill('线也换了')
    await photo(clerk)
  })
  await clerk.locator('.rcpt.waiting').first().waitFor()
  await sees(clerk, '有信号会自己送')
  await office.setOffline(false)
  await sees(clerk, '“线也换了”')
  check(true, 'a move made without a signal arrives by itself')

  // two phones of one villager: the second answer comes too late and is told
  const late = await home.newPage()
  await open(late, 'case', `?id=${matter}`)
  await sees(late, '办好了吗')
  await open(villager, 'case', `?id=${matter}`)
  await villager.locator('.big-act.yes').click()
  await villager.getByRole('dialog').getByRole('button', { name: '基本满意' }).click()
  await villager.getByRole('dialog').getByRole('button', { name: '送出去' }).click()
  await sees(villager, '解决了')
  await sees(villager, '基本满意')
  await late.locator('.big-act.no').click()
  await late.getByRole('dialog').getByRole('button', { name: '送出去' }).click()
  await late.locator('.rcpt.conflict').first().waitFor()
  await sees(late, '现在是')
  check(true, 'an answer that came too late is told in words')
  await button(late, '知道了').click()
  await open(villager, 'matters')
  await sees(villager, '办完的')

  // elders: three screens, and writing is always there
  await open(villager, 'home')
  await button(villager, '长辈版').click()
  await button(villager, '有事您说').click()
  await sees(villager, '第 1 步，共 3 步')
  await button(villager, '我来写').click()
  await villager.getByRole('textbox').fill('井里打不上水')
  await button(villager, '说好了，下一步').click()
  await button(villager, '不拍，下一步').click()
  await sees(villager, '听一遍，送出去')
  await home.setOffline(true)
  await button(villager, '送出去').click()
  await sees(villager, '先存在手机里')
  await home.setOffline(false)
  await sees(villager, /哨\d{4}-101-\d{4}/)
  check(true, 'an elder reports in three screens, also without a signal')
})

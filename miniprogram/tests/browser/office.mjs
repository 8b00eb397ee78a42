// The office on the phone. A cadre tells everybody, an elder reads it and the bar moves; she lets a neighbour help, he sees what she
// had shown before and reports for her, she ends it, and it is over at once. An agent runs an errand for her, and she has the last word.
import { button, check, inView, misfits, open, phone, run, sees, settled, signIn, stage } from './phone.mjs'

async function shown(browser, name, page = 'home') {
  const opened = await (await phone(browser)).newPage()
  await signIn(opened, name)
  if (page !== 'home') await open(opened, page)
  return opened
}

async function until(holds, sentence) {
  for (let turn = 0; turn < 60; turn += 1) {
    if (await holds()) return check(true, sentence)
    await new Promise((done) => setTimeout(done, 1000))
  }
  check(false, sentence)
}

const text = (page) => page.locator('body').innerText()
const letters = (page) => page.locator('.item').allInnerTexts()

async function telling(browser) {
  const page = await shown(browser, stage.cadre)
  for (const part of ['通知大家', '我管的地方', '我们家']) await sees(page, part)
  await button(page, '通知大家').click()
  await sees(page, '还没有发过通知')
  await button(page, '写一条通知').click()
  await page.getByText(/会有 \d+ 人收到/).waitFor()
  check(true, 'how many will get it is said before it is sent')
  await button(page, '送出去').click()
  await sees(page, '还没写要说什么')
  await page.getByLabel('要说什么').fill(stage.words)
  await page.reload()
  await until(async () => (await page.getByLabel('要说什么').inputValue()) === stage.words, 'the words survive a reload')
  await page.getByText(/会有 \d+ 人收到/).waitFor()
  await button(page, '送出去').click()
  await button(page, '发出去').click()
  await sees(page, '谁看过了')
  await until(async () => {
    await page.reload()
    await page.locator('.app .card').first().waitFor()
    return (await text(page)).includes('0 人看过了')
  }, 'checked and sent: nobody has read it yet')
}

async function read(browser) {
  const elder = await shown(browser, stage.elder, 'inbox')
  const bell = elder.getByRole('button', { name: /村有通知/ }).first()
  await bell.click()
  await sees(elder, stage.words)
  await sees(elder, '知道您看过了')
  const cadre = await shown(browser, stage.cadre, 'broadcasts')
  await sees(cadre, '1 人看过了')
  await cadre.getByRole('button', { name: new RegExp(stage.words.slice(0, 6)) }).first().click()
  await sees(cadre, '还没看的')
  check((await cadre.locator('.bar .full').first().evaluate((bar) => parseFloat(bar.style.width))) > 0, 'the bar has moved')
  check(await cadre.getByRole('button', { name: /打电话/ }).first().isVisible(), 'who has not read is one tap away')
  await button(cadre, '提醒没看的人').click()
  await sees(cadre, '又提醒了')
  await cadre.getByText('提醒没看的人').waitFor({ state: 'detached' })
  check(true, 'once a day')
}

async function helping(browser) {
  const elder = await shown(browser, stage.elder, 'me')
  await button(elder, '让家里人帮我用').click()
  await sees(elder, '现在没有人替您办')
  await button(elder, '托一个人帮我').click()
  await elder.getByRole('button', { name: '别的人' }).click()
  await elder.getByLabel('帮忙的人姓名').fill(stage.helper)
  await elder.getByLabel('帮忙的人手机号').fill(stage.helper_phone)
  await button(elder, '托给他').click()
  await sees(elder, '托好了')
  await sees(elder, stage.helper)

  const helper = await shown(browser, stage.helper, 'helping')
  await sees(helper, stage.elder)
  await button(helper, '帮他说事').click()
  await sees(helper, '正在替')
  await helper.getByLabel('写几个字').fill('门前的路灯三天不亮了')
  await button(helper, '送出去').click()
  await sees(helper, '帮着点的')
  await sees(helper, '正在替')
  await open(helper, 'helping')
  await button(helper, '帮他说事').click()
  await helper.getByRole('tab', { name: '请人跑腿代办' }).click()
  await helper.getByRole('group', { name: '给谁办' }).getByRole('button', { name: stage.elder, pressed: true }).waitFor()
  await helper.getByLabel('写几个字').fill('降压药吃完了，帮着捎一盒')
  await button(helper, '送出去').click()
  await sees(helper, /办\d{4}-101-\d{4}/)
  check(true, 'an errand can be asked for in her name')
  await open(helper, 'helping')
  await button(helper, '看办到哪了').click()
  await helper.getByRole('button', { name: stage.earlier }).first().click()
  await helper.locator('.stop .shot .pic').first().waitFor()
  if (stage.pictures) await helper.screenshot({ path: `${stage.pictures}/office-helper-sees.png`, fullPage: true })
  check(true, 'the picture that she took herself is there for who helps her')
  await open(helper, 'matters')
  check(!(await text(helper)).includes('路灯'), 'among his own matters there is nothing of hers')
  const inbox = await shown(browser, stage.elder, 'inbox')
  await until(async () => {
    await inbox.reload()
    await inbox.locator('.app').waitFor()
    return (await letters(inbox)).some((letter) => letter.includes(`${stage.helper}替您`))
  }, 'her own phone says who did what for her')
}

const PAPERS = ['老年证', '一张照片']

/** 代办: she asks and agrees, the agent takes her papers and brings them back, and she says that it is done. */
async function errand(browser) {
  const elder = await shown(browser, stage.elder, 'report')
  await elder.getByRole('tab', { name: '请人跑腿代办' }).click()
  await elder.getByLabel('写几个字').fill('老年证到期了，帮我去换一个')
  await elder.getByRole('group', { name: '给谁办' }).getByRole('button', { name: stage.elder }).click()
  if (stage.pictures) await elder.screenshot({ path: `${stage.pictures}/office-errand-asked.png`, fullPage: true })
  await button(elder, '送出去').click()
  await sees(elder, /办\d{4}-101-\d{4}/)
  await step(elder, '同意代办', (sheet) => sheet.getByRole('button', { name: '本人点的' }).click())
  const agent = await shown(browser, stage.agent, 'queue')
  await agent.getByRole('button', { name: /老年证到期/ }).first().click()
  await step(agent, '接下')
  await step(agent, '收下材料', (sheet) => papers(sheet, '材料'))
  await open(elder, 'matters')
  await elder.getByRole('button', { name: /老年证到期/ }).first().click()
  await sees(elder, PAPERS[0])
  check(true, 'what the agent took is written down, piece by piece')
  if (stage.pictures) await elder.screenshot({ path: `${stage.pictures}/office-errand-taken.png`, fullPage: true })
  await step(agent, '送回材料', (sheet) => papers(sheet, '送回的材料'))
  await open(elder, 'matters')
  await elder.getByRole('button', { name: /老年证到期/ }).first().click()
  await sees(elder, '办好了吗')
  if (stage.pictures) await elder.screenshot({ path: `${stage.pictures}/office-errand-word.png`, fullPage: true })
  await elder.locator('.big-act.yes').click()
  await elder.getByRole('dialog').getByRole('button', { name: '是，收到了' }).click()
  await sees(elder, '解决了')
  check(true, 'an errand is asked for, agreed to, run, and confirmed by who asked')
}

async function papers(sheet, name) {
  for (const [nth, paper] of PAPERS.entries()) await sheet.getByLabel(`${name}第 ${nth + 1} 样`).fill(paper)
}

/** A move of a matter, wherever it stands just now, with the form that it asks for. */
async function step(page, name, fill) {
  const main = page.locator('.actions').getByRole('button', { name })
  const more = button(page, '还能怎么办')
  const behind = page.getByRole('dialog').getByRole('button', { name })
  await main.or(more).first().waitFor()
  for (let isMade = false; !isMade;) {
    if (await main.count()) isMade = await main.click().then(() => true)
    else {
      await more.click({ timeout: 3000 }).catch(() => undefined) // it goes when what was done before has arrived
      isMade = await behind.click({ timeout: 3000 }).then(() => true, () => false)
      if (!isMade) await button(page, '先看看').click({ timeout: 3000 }).catch(() => undefined)
    }
  }
  if (fill) {
    const sheet = page.getByRole('dialog').filter({ hasText: '送出去' })
    await sheet.waitFor()
    await fill(sheet)
    if (stage.pictures) await page.screenshot({ path: `${stage.pictures}/office-errand-${name}.png`, fullPage: true })
    await sheet.getByRole('button', { name: '送出去' }).click()
    await sheet.waitFor({ state: 'detached' })
  }
  await page.locator('.rcpt').waitFor({ state: 'detached' })
}

async function ended(browser) {
  const elder = await shown(browser, stage.elder, 'entrust')
  await button(elder, '收回').click()
  await elder.locator('.sheet').getByRole('button', { name: '收回' }).click()
  await sees(elder, '收回了')
  const helper = await shown(browser, stage.helper, 'helping')
  await sees(helper, '还没有人托您办事')
}

/** The pages of the office in both views, on a large and on a small screen, as a cadre and as an elder have them before them. */
async function pages(browser) {
  const bad = []
  const OFFICE = [['home'], ['broadcast'], ['broadcasts'], ['broadcasts', `?id=${stage.broadcast}`], ['numbers'], ['numbers', '?rows=owed'], ['numbers', '?rows=coverage'], ['numbers', '?rows=matters'], ['numbers', '?rows=members'], ['helping'], ['entrust', '?paper=1']]
  const HOME = [['told', `?id=${stage.broadcast}`], ['entrust'], ['me']]
  for (const { width, height, size } of [{ width: 390, height: 844, size: 'normal' }, { width: 390, height: 844, size: 'large' }, { width: 360, height: 640, size: 'max' }]) {
    for (const [name, list] of [[stage.cadre, OFFICE], [stage.elder, HOME]]) {
      const context = await phone(browser, { width, height })
      await inView(context, size)
      const page = await context.newPage()
      await signIn(page, name)
      for (const [at, query] of list) {
        await open(page, at, query)
        await settled(page)
        for (const fault of await misfits(page, size !== 'normal')) bad.push(`${size} ${at}${query ?? ''}: ${fault}`)
        if (stage.pictures) await page.screenshot({ path: `${stage.pictures}/office-${at}${(query ?? '').replace(/[^a-z]/g, '').slice(0, 12)}-${width}-${size}.png`, fullPage: true })
      }
      await context.close()
    }
  }
  check(bad.length === 0, `the pages of the office can be read and pressed${bad.length ? `:\n${bad.join('\n')}` : ''}`)
}

await run((browser) => ({ telling, read, helping, errand, ended, pages })[stage.part](browser))

// A good deed from phone to phone: declared with a picture, looked at, judged by three (one without a signal), posted, doubted, judged again; later
// the points explain themselves, a household asks for its star, and one that was nominated says no.
import { misfits, button, check, open, phone, run, sees, settledIn, signIn, stage } from './phone.mjs'

const PICTURE = { name: 'p.png', mimeType: 'image/png', buffer: Buffer.from(stage.picture, 'base64') }
const WORDS = '把村口到学校那段路的落叶扫了'
const DOUBT = '那天我没看见他'
const phones = new Map()

/** Somebody's phone with the client in it; it stays signed in between two visits. */
async function of(browser, name) {
  if (!phones.has(name)) {
    const page = await (await phone(browser)).newPage()
    await signIn(page, name)
    phones.set(name, page)
  }
  return phones.get(name)
}

/** Both views of what is on the screen, for old eyes and fingers; the view is as it was afterwards. */
async function fits(page, what) {
  const bad = []
  if (stage.pictures) await page.screenshot({ path: `${stage.pictures}/deed-${what.replace(/ /g, '-')}.png`, fullPage: true })
  for (const size of ['large', 'normal']) {
    await page.evaluate((look) => document.querySelector('.app').classList.toggle('elder', look === 'large'), size)
    bad.push(...(await misfits(page, size === 'large')).map((fault) => `${size}: ${fault}`))
  }
  check(bad.length === 0, `${what}: no fault in either view${bad.length ? `:\n${bad.join('\n')}` : ''}`)
}

async function judged(browser) {
  const doer = await of(browser, stage.doer)
  await button(doer, '夸好人好事').click()
  await sees(doer, '夸谁？')
  await button(doer, '送出去').click()
  await sees(doer, '先选夸谁家的')
  await button(doer, '我们自家').click()
  await button(doer, stage.item).click()
  await sees(doer, '每次 5 分，每月最多 20 分；要配一张照片')
  await button(doer, '送出去').click()
  await sees(doer, '说一段，或者写两句')
  await doer.waitForFunction(() => document.querySelector('.bad-words').getBoundingClientRect().bottom < window.innerHeight - 120)
  console.log('ok  the sentence that says what is missing comes onto the screen')
  const [chooser] = await Promise.all([doer.waitForEvent('filechooser'), button(doer, '拍一张').click()])
  await chooser.setFiles(PICTURE)
  await doer.locator('.shot .pic').waitFor()
  await doer.locator('textarea').fill(WORDS)
  await doer.waitForTimeout(300)
  await doer.reload()
  await doer.waitForFunction((words) => document.querySelector('textarea')?.value === words, WORDS)
  check((await doer.locator('.pick.on').allInnerTexts()).join().includes(stage.item), 'a half written deed is there again after a restart')
  await doer.getByRole('switch', { name: '照片可以贴出来' }).click()
  await sees(doer, '贴出来 3 天')
  await fits(doer, 'a deed half written')
  await settledIn(doer)
  await doer.context().setOffline(true)
  await button(doer, '送出去').click()
  await sees(doer, '存在手机里了')
  await doer.locator('.rcpt.waiting').waitFor()
  await doer.context().setOffline(false)
  await doer.waitForFunction(() => !document.querySelector('.rcpt.waiting'), null, { timeout: 60_000 })
  await open(doer, 'deeds')
  await sees(doer, '等初审')
  check(true, 'what was sent without a signal arrives by itself')

  const clerk = await of(browser, stage.clerk)
  await open(clerk, 'home')
  await button(clerk, '等我初审的').click()
  await sees(clerk, WORDS)
  await fits(clerk, 'the first look')
  await button(clerk, '退回去').click()
  await button(clerk, '照片或说明看不清').click()
  await sees(clerk, '补一张看得清的照片')
  await button(clerk, '再看看').click()
  await button(clerk, '通过').click()
  await sees(clerk, '交给评议员去评')

  const first = await vote(browser, null)
  check(first.length === 3, `three of the council were asked: ${first}`)

  const neighbour = await of(browser, stage.objector)
  await open(neighbour, 'board')
  await sees(neighbour, WORDS)
  await sees(neighbour, '3 人评，3 人同意')
  await fits(neighbour, 'the board')
  await button(neighbour, '觉得不对，说一声').click()
  await button(neighbour, '事情不是这样的').click()
  await neighbour.locator('.sheet textarea').fill(DOUBT)
  await settledIn(neighbour)
  await neighbour.context().setOffline(true)
  await neighbour.locator('.sheet').getByRole('button', { name: '说一声' }).click()
  await neighbour.locator('.rcpt.waiting').waitFor()
  await sees(neighbour, '有信号会自己送')
  check((await button(neighbour, '觉得不对').count()) === 0, 'what was said without a signal is safe in the phone, once')
  await fits(neighbour, 'a doubt that waits')
  await neighbour.context().setOffline(false)
  await sees(neighbour, '正在查，有答复会告诉您')
  check((await neighbour.locator('.rcpt.waiting').count()) === 0, 'back in the signal the doubt arrives by itself')
  check((await button(neighbour, '觉得不对').count()) === 0, 'one objection each')

  await open(doer, 'deeds')
  await sees(doer, '有人提意见')
  const second = await vote(browser, DOUBT)
  check(second.length === 3 && !second.some((name) => first.includes(name)), 'three others judge it anew')
  await open(neighbour, 'board')
  await sees(neighbour, '查过了，结果不变')
  await open(doer, 'deeds')
  await button(doer, stage.item).click()
  await sees(doer, '重新评过：3 人评，3 人同意')
  await fits(doer, 'the course of a deed')
  const story = await doer.locator('body').innerText()
  check(![stage.objector, ...stage.council].some((name) => story.includes(name)), 'the household reads what was said, and not by whom')
  await open(neighbour, 'inbox')
  await sees(neighbour, '重新评过，结果不变')
}

/** Whoever was drawn says yes; nobody sees the others before the last has spoken. */
async function vote(browser, objection) {
  const asked = []
  for (const name of stage.council) {
    const page = await of(browser, name)
    await open(page, 'votes')
    await page.getByText(/没有等您评的|等您评|重新评一次/).first().waitFor()
    if (await page.getByText('没有等您评的').count()) continue
    await sees(page, WORDS)
    if (objection) await sees(page, objection)
    const sizes = await page.locator('.actions .btn').evaluateAll((all) => all.map((one) => `${one.offsetWidth}x${one.offsetHeight}`))
    check(sizes.length === 2 && sizes[0] === sizes[1], `yes and no have the same size: ${sizes}`)
    await button(page, '我该回避').waitFor()
    const isInHills = !objection && !asked.length
    if (isInHills) {
      await fits(page, 'a ballot')
      await settledIn(page)
      await page.context().setOffline(true)
      await open(page, 'votes')
      await sees(page, WORDS)
    }
    await button(page, '同意 5 分').click()
    await button(page, '确有其事，做得好').click()
    await button(page, '同意 5 分，记下').click()
    if (isInHills) {
      await page.locator('.rcpt.waiting').waitFor()
      await sees(page, '有信号会自己送')
      check(!(await page.locator('body').innerText()).includes(WORDS), 'a ballot that was answered without a signal is closed')
      await fits(page, 'a vote that waits')
      await page.context().setOffline(false)
      await page.locator('.rcpt.waiting').waitFor({ state: 'detached' })
    }
    await sees(page, '记下了')
    asked.push(name)
    if (asked.length < 3) await sees(page, '等另外几位评完')
  }
  const last = await of(browser, asked.at(-1))
  await open(last, 'votes')
  await sees(last, '大家怎么评：3 人都同意')
  check(true, 'when all have spoken, all is told')
  return asked
}

async function counted(browser) {
  const doer = await of(browser, stage.doer)
  await sees(doer, `这个月多了 ${stage.points} 分`)
  await open(doer, 'inbox')
  await button(doer, `${stage.points} 分到了`).click()
  await sees(doer, '能换东西的')
  await sees(doer, '两个数不一样')
  for (const words of ['自家报的', '评议 3 人，3 人同意', '起公示 3 天，有人提了意见，查过了，结果不变', `加 ${stage.points} 分`, '按评的那时候的办法']) await sees(doer, words)
  check(doer.url().includes(stage.entry), 'the message opens the entry that it tells of')
  await fits(doer, 'the points')
  await button(doer, '觉得不对，说一声').click()
  await doer.locator('.sheet textarea').fill('那天是两家一起扫的')
  await doer.locator('.sheet').getByRole('button', { name: '说一声' }).click()
  await sees(doer, '查的结果会告诉您')
  await open(doer, 'receipts')
  await doer.waitForFunction(() => [...document.querySelectorAll('.rcpt.received')].length === 1, null, { timeout: 60_000 })

  await open(doer, 'home')
  await button(doer, '长辈版').click()
  await button(doer, `我家的积分 ${stage.points}`).click()
  await doer.evaluate(() => {
    window.spoken = []
    window.speechSynthesis.speak = (said) => window.spoken.push(said.text)
  })
  await button(doer, '念给我听').click()
  check((await doer.evaluate(() => window.spoken.join(''))).includes(`能换东西的积分是${stage.points}分`), 'both numbers are read aloud')
  await open(doer, 'deed')
  await sees(doer, '第 1 步，一共 4 步')
  await button(doer, '下一步').click()
  await sees(doer, '先选夸谁家的')
  await button(doer, '别人家').click()
  await doer.getByLabel('他叫什么').fill(stage.objector)
  await button(doer, '找一找').click()
  await doer.locator('.list .item', { hasText: stage.objector }).click()
  await sees(doer, '换一个')
  await button(doer, '下一步').click()
  await sees(doer, '第 2 步，一共 4 步')
  check(true, 'a neighbour is found by the whole name, one thing a screen')
  await button(doer, '劝和').click()
  await button(doer, '下一步').click()
  await doer.locator('textarea').fill('两家吵架，她给劝开了')
  await button(doer, '下一步').click()
  await sees(doer, '不会让')
  await fits(doer, 'the last step of a nomination')
  await button(doer, '送出去').click()
  await sees(doer, '送出去了')
  await declined(browser)
  await starred(doer)
}

/** Whom others have praised may say no, and it ends there; nobody is told who it was. */
async function declined(browser) {
  const neighbour = await of(browser, stage.objector)
  await open(neighbour, 'deeds')
  await sees(neighbour, '有人替您家报的')
  await neighbour.getByRole('button', { name: /劝和/ }).first().click()
  await sees(neighbour, '谢谢，不用了')
  check(!(await neighbour.locator('body').innerText()).includes(stage.doer), 'who has nominated is not told')
  await fits(neighbour, 'a nomination')
  await button(neighbour, '谢谢，不用了').click()
  await sees(neighbour, '不评、不贴、不加分')
  await settledIn(neighbour)
  await neighbour.context().setOffline(true)
  await neighbour.locator('.sheet').getByRole('button', { name: '不用了', exact: true }).click()
  await neighbour.locator('.rcpt.waiting').waitFor()
  check((await neighbour.locator('.actions .btn').count()) === 0, 'a no that was said without a signal is not asked for again')
  await neighbour.context().setOffline(false)
  await neighbour.locator('.rcpt.waiting').waitFor({ state: 'detached', timeout: 60_000 })
  await sees(neighbour, '说不用了')
  await sees(neighbour, '这家说谢谢，不用了')
  check((await neighbour.locator('.actions .btn').count()) === 0, 'a nominee says no, and nothing more is asked')
  await fits(neighbour, 'a nomination that was declined')
}

/** A household asks for its star: once a year. */
async function starred(doer) {
  await open(doer, 'star')
  await button(doer, '送出去').click()
  await sees(doer, '选一颗星')
  await doer.locator('.picks .pick').first().click()
  await doer.locator('textarea').fill('一家人和和气气，邻居有事随叫随到')
  await fits(doer, 'asking for a star')
  await button(doer, '送出去').click()
  await sees(doer, '送出去了')
  await doer.waitForFunction(() => !document.querySelector('.rcpt.waiting'), null, { timeout: 60_000 })
  await open(doer, 'star')
  await sees(doer, '今年已经报上来了')
  await button(doer, '看看到哪了').click()
  await sees(doer, '等初审')
  await sees(doer, '邻居有事随叫随到')
  check(true, 'a star household is applied for once a year, and followed')
  await fits(doer, 'the course of a star')
  await settledIn(doer)
  await doer.context().setOffline(true)
  await button(doer, '撤回这一件').click()
  await doer.locator('.sheet').getByRole('button', { name: '撤回', exact: true }).click()
  await doer.locator('.rcpt.waiting').waitFor()
  await doer.context().setOffline(false)
  await doer.locator('.rcpt.waiting').waitFor({ state: 'detached', timeout: 60_000 })
  await sees(doer, '报的人撤回了')
  check(true, 'what was taken back without a signal is taken back when there is one')
}

await run((browser) => (stage.part === 'judged' ? judged(browser) : counted(browser)))

// Villagers: one binds by the number of the phone, one at the door with the member's word; home, call, the question, elder view.
import { button, check, open, phone, run, sees, settled, settledIn, signIn, stage } from './phone.mjs'

await run(async (browser) => {
  const son = await phone(browser)
  const page = await son.newPage()
  await signIn(page, '尚春生')
  await button(page, '说一声您是谁').click()
  await button(page, '用微信手机号').click()
  await page.getByRole('link', { name: '尚春生' }).click()
  await sees(page, '认出来了')
  await button(page, '去首页').click()
  await sees(page, '您家的联户党员')
  check(await button(page, '给赵建国打电话').isVisible(), 'the party member is one tap away')

  // an ordinary camera at the door
  const mother = await phone(browser)
  const door = await mother.newPage()
  await door.goto(stage.door)
  await door.getByRole('link', { name: '接着往下办' }).click()
  await sees(door, '您扫的是连心门牌')
  const shown = await door.locator('body').innerText()
  check(!stage.secrets.some((word) => shown.includes(word)), 'before signing in the page shows nothing of anybody')
  await button(door, '用微信登录，接着办').click()
  await door.getByRole('link', { name: '卢翠枝' }).click()
  await button(door, '这是我家，认一下').click()
  await door.getByLabel('您的姓名，门牌').fill('卢翠枝')
  await button(door, '说我是这家的').click()
  await sees(door, '送过去了')

  // the member says yes, on his own phone
  const keeper = await phone(browser)
  const member = await keeper.newPage()
  await signIn(member, '赵建国')
  await button(member, '有人等您认').click()
  await button(member, '是，我认得').click()
  await member.waitForFunction(() => !document.body.innerText.includes('是，我认得'))
  await open(door, 'home')
  await sees(door, '卢翠枝，')
  check(await door.getByText('尚守田（户主）').isVisible(), 'the household knows its own')

  // 来过吗: both answers weigh the same
  const wang = await phone(browser)
  const home = await wang.newPage()
  await signIn(home, '王桂兰')
  await sees(home, '赵建国来过您家吗')
  const sizes = await home.locator('.btns .btn').evaluateAll((all) => all.map((one) => `${one.offsetWidth}x${one.offsetHeight}`))
  check(sizes[0] === sizes[1], 'yes and no have the same size')
  await button(home, '没来').click()
  await home.waitForFunction(() => !document.body.innerText.includes('来过您家吗'))
  await open(home, 'receipts')
  await home.locator('.rcpt.received').waitFor()

  // large letters, kept over a restart, and read aloud
  await open(home, 'home')
  await button(home, '长辈版').click()
  await home.reload()
  await home.locator('.app.elder').waitFor()
  await home.evaluate(() => {
    window.spoken = []
    window.speechSynthesis.speak = (said) => window.spoken.push(said.text)
  })
  await button(home, '念给我听').click()
  check((await home.evaluate(() => window.spoken.join(''))).includes('王桂兰'), 'the page is read aloud')
  await button(home, '换回普通版').click()
  check((await home.locator('.app.elder').count()) === 0, 'and back to normal letters')

  // what was never opened before can be said without a signal
  await open(home, 'home')
  await settledIn(home)
  await settled(home)
  await wang.setOffline(true)
  await button(home, '有事您说').click()
  await home.getByLabel('写几个字').fill('水管冻裂了')
  await sees(home, '基础民生')
  check(await button(home, '送出去').isEnabled(), 'the first report of a phone needs no signal to be written')
  await wang.setOffline(false)

  // my data, and the way out
  await open(home, 'me')
  const [file] = await Promise.all([home.waitForEvent('download'), button(home, '拿走我的全部记录').click()])
  check(file.suggestedFilename().endsWith('.json'), 'everything about me as a file')
  await open(home, 'consents')
  await button(home, '不同意').click()
  await sees(home, '说了不同意')
  await open(page, 'me')
  await button(page, '注销').click()
  await button(page, '还是注销').click()
  await sees(page, '用微信登录')
})

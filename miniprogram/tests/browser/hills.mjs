// In the hills: the zone at 200 kbit/s, a picture that goes up in parts, an app that is killed on the way and goes on where it stopped, no signal
// and back, a refusal shown with what to do, and a door's code read from a picture. Sizes and times are printed, not held against anybody.
import { get } from 'node:http'
import { button, check, open, phone, run, sees, signIn, stage } from './phone.mjs'

const HILLS = { offline: false, latency: 300, downloadThroughput: 200_000 / 8, uploadThroughput: 200_000 / 8 }
const FREE = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
const file = (name, base64, mimeType = 'image/jpeg') => ({ name, mimeType, buffer: Buffer.from(base64, 'base64') })
const PATIENCE = 120_000

async function network(context, page, how) {
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  await devtools.send('Network.clearBrowserCache')
  await devtools.send('Network.emulateNetworkConditions', how)
}

/** How many bytes an answer of the API is, as it travels. */
async function onTheWire(page, path) {
  const token = await page.evaluate(() => JSON.parse(sessionStorage.getItem('lianxin.session')).token)
  return new Promise((done, failed) => {
    get(`${stage.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' } }, (answer) => {
      let bytes = 0
      answer.on('data', (piece) => { bytes += piece.length })
      answer.on('end', () => done(bytes))
    }).on('error', failed)
  })
}

/** What goes up to /media from this page on: where each part begins and how long it is. */
function watched(page) {
  const sent = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (!url.pathname.includes('/api/v1/media')) return
    const offset = url.searchParams.get('offset')
    sent.push({ method: request.method(), offset: offset === null ? null : Number(offset), size: Number(url.searchParams.get('size')), length: request.postDataBuffer()?.length ?? 0 })
  })
  return sent
}
const parts = (sent) => sent.filter((one) => one.method === 'POST' && one.offset !== null)

await run(async (browser) => {
  const context = await phone(browser)
  context.setDefaultTimeout(PATIENCE)
  let page = await context.newPage()
  await signIn(page, '赵建国')
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated')

  // the zone on the weakest signal
  await network(context, page, HILLS)
  const bundle = page.waitForResponse((one) => one.url().includes('/zone/households'))
  const began = Date.now()
  await open(page, 'zone')
  const answer = await bundle
  const packed = await onTheWire(page, 'zone/households')
  await sees(page, '先去这几家')
  console.log(`--  the zone is ${(packed / 1024).toFixed(1)} KB on the wire, ${((await answer.body()).length / 1024).toFixed(1)} KB unpacked; it stands after ${Date.now() - began} ms at 200 kbit/s`)
  check(packed > 0 && packed < 200 * 1024, 'the zone is far below 200 KB')

  // a picture goes up in parts; the app is killed when some of them are there
  await page.locator('.list .item').first().click()
  await page.locator('textarea').first().fill('信号不好的一户')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button(page, '拍一张').click()])
  await chooser.setFiles(file('large.jpg', stage.large_picture))
  await page.locator('.shot .pic').waitFor()
  const first = watched(page)
  await button(page, '记下来').click()
  await sees(page, '您写的已经收到')
  check(parts(first).length < 3, 'the words have arrived before the picture')
  await sees(page, '传到百分之')
  await page.close()
  const answered = parts(first).at(-1)

  page = await context.newPage()
  const second = watched(page)
  await page.goto(`${stage.url}/m/#/pages/receipts/index`)
  await sees(page, '照片 1 张，都到了')
  check(second[0].method === 'GET', 'opened again, the phone asks how far it was')
  check(parts(second)[0].offset > 0 && parts(second)[0].offset <= answered.offset + answered.length, `it goes on at byte ${parts(second)[0].offset} of ${answered.size}`)
  const all = [...parts(first), ...parts(second)].reduce((sum, one) => sum + one.length, 0)
  console.log(`--  ${answered.size} bytes of picture, ${all} sent, ${parts(first).length} parts before the kill and ${parts(second).length} after it`)
  check(all <= answered.size + answered.length, 'at most the part on its way was sent twice')

  // no signal, and back
  await context.setOffline(true)
  await open(page, 'zone')
  await page.locator('.list .item').first().click()
  await page.locator('textarea').first().fill('没信号的一户')
  await button(page, '记下来').click()
  await page.locator('.rcpt.waiting').waitFor()
  await page.close()
  page = await context.newPage()
  await page.goto(`${stage.url}/m/#/pages/receipts/index`)
  await page.locator('.rcpt.waiting').waitFor()
  await context.setOffline(false)
  await page.locator('.rcpt.waiting').waitFor({ state: 'detached' })
  check((await page.locator('.rcpt.received').count()) === 2, 'what was written without a signal has its receipt')

  // the code of another door: not taken, and the person decides
  await open(page, 'visit', `?id=${stage.household}&t=${stage.other_door}`)
  await page.locator('textarea').first().fill('扫错了门')
  await button(page, '记下来').click()
  await page.locator('.rcpt.conflict').waitFor()
  await sees(page, '扫的门牌码是另一户的')
  await button(page, '看看怎么办').click()
  await page.locator('.sheet .mine', { hasText: '扫错了门' }).waitFor()
  await button(page, '先留着').click()
  await page.reload()
  await page.locator('.rcpt.conflict').waitFor()
  check(true, 'what was refused stays, with the reason, until the person says so')
  await button(page, '看看怎么办').click()
  await button(page, '不要这一条了').click()
  await page.locator('.rcpt.conflict').waitFor({ state: 'detached' })

  // a door's code in a picture
  await network(context, page, FREE)
  await open(page, 'zone')
  await button(page, '扫门牌走访').click()
  const [camera] = await Promise.all([page.waitForEvent('filechooser'), button(page, '拍下门牌上的码').click()])
  await camera.setFiles(file('door.jpg', stage.door_picture))
  await sees(page, '门牌对上了')
  check(true, 'a picture of the code opens the door')
  await open(page, 'zone')
  await button(page, '扫门牌走访').click()
  const [again] = await Promise.all([page.waitForEvent('filechooser'), button(page, '拍下门牌上的码').click()])
  await again.setFiles(file('wall.jpg', stage.large_picture))
  await sees(page, '没认出连心门牌')
  await page.locator('.sheet input').fill('8002')
  await page.locator('.sheet .list .item').first().waitFor()
  check(true, 'where there is no code the household is found by its number')
})

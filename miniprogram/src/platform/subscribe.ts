/** WeChat's own question whether it may bring messages: its dialog in the mini-program; on a desk the fake WeChat's page, which leads back here. */
import type { Allowed } from '@/rules/asking'
import { codeInAddress, entry, leaveFor } from './entry'
import { forget, keep, recall } from './pocket'
import { isH5 } from './where'

export type Choices = Record<string, string>
const ANSWERS = ['accept', 'reject', 'ban']
const ASKED = 'subscribing'

/** Whether there is anybody here who could ask. */
export async function canAsk(): Promise<boolean> {
  return !isH5 || Boolean((await entry().catch(() => null))?.subscribe)
}

/** Ask; answers what was tapped, by the names of the templates. In a browser the page is left, and `answered` tells it afterwards. */
export function ask(kinds: readonly Allowed[], back: string): Promise<Choices | null> {
  return isH5 ? onDesk(kinds, back) : inWeChat(kinds)
}

function inWeChat(kinds: readonly Allowed[]): Promise<Choices | null> {
  return new Promise((done) => {
    uni.requestSubscribeMessage({
      tmplIds: kinds.map((one) => one.template_id),
      success: (answer) => {
        const said = answer as unknown as Record<string, string>
        done(Object.fromEntries(kinds.map((one) => [one.template, said[one.template_id] ?? '']).filter(([, word]) => ANSWERS.includes(word!))))
      },
      fail: () => done(null),
    })
  })
}

async function onDesk(kinds: readonly Allowed[], back: string): Promise<null> {
  const page = (await entry()).subscribe
  if (!page) return null
  keep(ASKED, kinds.map((one) => one.template))
  leaveFor(`${page}?templates=${kinds.map((one) => encodeURIComponent(one.template_id)).join(',')}`, back)
  return null
}

/** What was tapped on the desk's page before it led back here. */
export function answered(): Choices | null {
  const said = codeInAddress('subscribed')
  const names = said ? recall<string[]>(ASKED) : null
  if (!said || !names || !ANSWERS.includes(said)) return null
  forget(ASKED)
  return Object.fromEntries(names.map((name) => [name, said]))
}

/** What stands on somebody's home: exactly the parts and doors of what he may do in his places, in the order of need. */
import { may } from './access'

export type HomePart = 'member' | 'office' | 'cadre' | 'villager' | 'guest'

/** Who waits on whom decides the order: doors that wait for a visit, what waits for a hand, a place to look after, one's own house. */
const PARTS: { part: Exclude<HomePart, 'guest'>; title: string; has: (functions: readonly string[]) => boolean }[] = [
  { part: 'member', title: '我联的户', has: (functions) => may(functions, 'visits.log') },
  { part: 'office', title: '等我办的', has: (functions) => doorsOf(functions).length > 0 },
  { part: 'cadre', title: '我管的地方', has: (functions) => functions.includes('coverage.read') },
  { part: 'villager', title: '我们家', has: (functions) => functions.includes('households.read@own') },
]

export function partsOf(functions: readonly string[]): HomePart[] {
  const found = PARTS.filter((one) => one.has(functions)).map((one) => one.part)
  return found.length ? found : ['guest']
}

export function titleOf(part: HomePart): string {
  return PARTS.find((one) => one.part === part)?.title ?? ''
}

export interface Door { key: string; title: string; words: string; icon: string; page: string }

/** One door for each office's work; `needs` are the rights as roles have them, so a right over one's own house opens none. */
const DOORS: (Door & { needs: string[] })[] = [
  { key: 'queue', needs: ['cases.move', 'cases.move@zone'], title: '等我办的事', words: '过点的、今天的、三天内的', icon: 'clock-countdown', page: 'queue' },
  { key: 'votes', needs: ['appraisals.vote'], title: '等我评的', words: '一件一件看，投一票', icon: 'scales', page: 'votes' },
  { key: 'checks', needs: ['appraisals.check'], title: '等我初审的', words: '看看对不对，退回要说怎么改', icon: 'clipboard-text', page: 'checks' },
  { key: 'held', needs: ['feed.hold'], title: '等我看一眼的', words: '有人举报的、没放出去的话', icon: 'eye', page: 'held' },
  { key: 'broadcasts', needs: ['notices.broadcast'], title: '通知大家', words: '写一条，谁看过了一眼就知道', icon: 'megaphone', page: 'broadcasts' },
  { key: 'numbers', needs: ['coverage.read'], title: '数字', words: '走访、没办完的事、通知得到几人', icon: 'chart-bar', page: 'numbers' },
  { key: 'paper', needs: ['proxies.give'], title: '录一份委托', words: '老人没有手机，纸上签了字的', icon: 'signature', page: 'entrust' },
]

export function doorsOf(functions: readonly string[], pages?: ReadonlySet<string>): Door[] {
  const held = new Set(functions)
  return DOORS.filter((one) => one.needs.some((right) => held.has(right)) && (!pages || pages.has(one.page)))
}

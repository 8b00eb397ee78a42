import { describe, expect, it } from 'vitest'
import { placesLike, reachWords, readShare, readWords } from '@/rules/broadcasts'
import { deedsFor, isInTheirName, lastDay, untilWords } from '@/rules/helping'
import { byNeed, placeWords, share, shareWords } from '@/rules/numbers'
import { PAGES } from '@/rules/page-names'
import { entrustedWords, leftWords, looksThisMonth } from '@/rules/settings'

const NOON = Date.parse('2026-11-28T12:00:00+08:00')

const broadcast = (more: Partial<Parameters<typeof readWords>[0]>) => ({ state: 'sent', told: 0, read: 0, why: '', is_telling: false, ...more }) as const

describe('telling everybody', () => {
  it('says who will get it, and who must be told at the door', () => {
    expect(reachWords({ people: 312, unreachable: 20 })).toBe('会有 312 人收到，其中 20 人自己没有微信和电话，要请家里人带个话。')
    expect(reachWords({ people: 3, unreachable: 0 })).toContain('个个都通知得到')
    expect(reachWords({ people: 0, unreachable: 0 })).toContain('换一个范围')
  })
  it('says how far it was read', () => {
    expect(readWords(broadcast({ told: 4, read: 1 }))).toBe('4 人里 1 人看过了')
    expect(readWords(broadcast({ told: 4, read: 4 }))).toBe('4 人都看过了')
    expect(readWords(broadcast({ told: 1000, read: 1000, is_telling: true }))).toBe('正在一批一批发，已经告诉了 1000 人')
    expect([readShare(broadcast({})), readShare(broadcast({ told: 3, read: 1 }))]).toEqual([0, 33])
  })
  it('says of one that is not out what it waits for, and asks to write again only where nothing else helps', () => {
    for (const state of ['checking', 'held'] as const) expect(readWords(broadcast({ state }))).toMatch(/^等检查.*不用再写$/)
    expect(readWords(broadcast({ state: 'refused', why: '话不好听' }))).toBe('没通过：话不好听。换个说法再写一条')
    expect(readWords(broadcast({ state: 'withdrawn' }))).toContain('谁也没收到')
  })
  it('offers few places as they are, many by their name, and always the one that is chosen', () => {
    const many = Array.from({ length: 30 }, (_, n) => ({ path: `${n}/`, name: `${n}村` }))
    expect(placesLike(many.slice(0, 8), '', '0/')).toHaveLength(8)
    expect(placesLike(many, '', '7/').map((one) => one.path)).toEqual(['0/', '7/'])
    expect(placesLike(many, '29', '0/').map((one) => one.name)).toEqual(['0村', '29村'])
  })
})

describe('acting for somebody', () => {
  it('asks in the other name only what was left to one', () => {
    expect(['cases/mine', 'points', 'points?x=1', 'appraisals/kinds', 'media', 'cases'].every(isInTheirName)).toBe(true)
    expect(['me', 'inbox', 'sync', 'proxies', 'pointsx', 'me/household'].some(isInTheirName)).toBe(false)
  })
  it('shows what one may do, as far as there is a page', () => {
    const left = { powers: [{ key: 'report', name: '' }, { key: 'points', name: '' }], until: '' }
    expect(deedsFor(left, new Set(['report', 'matters', 'deed', 'points'])).map((one) => one.key)).toEqual(['report', 'matters', 'points'])
    expect(deedsFor(left, new Set(['points'])).map((one) => one.key)).toEqual(['points'])
  })
  it('counts the last day in full', () => {
    expect(untilWords('2026-12-01T16:00:00+00:00')).toBe('到 2026年12月1日')
    expect(lastDay(NOON, 30)).toBe('2026-12-28')
    expect(lastDay(Date.parse('2026-11-28T23:30:00+08:00'), 1)).toBe('2026-11-29')
  })
})

describe('numbers', () => {
  it('tells no share over too few', () => {
    expect(shareWords(3, 4, 20)).toBe('太少，不算')
    expect(share(3, 4, 20)).toBeNull()
    expect(shareWords(19, 20, 20)).toBe('95%')
    expect(shareWords(1199, 1200, 20)).toBe('99%')
  })
  it('puts first whoever needs a hand', () => {
    const place = (name: string, late: number, done: number) => ({ area: name, name, visits_total: 10, visits_done: done, open: late, late })
    expect(byNeed([place('甲', 0, 9), place('乙', 2, 10), place('丙', 0, 1)]).map((one) => one.name)).toEqual(['乙', '丙', '甲'])
    expect(placeWords(place('甲', 1, 9))).toBe('去过 9 / 10 户 · 没办完 1 件，过点 1 件')
  })
})

describe('settings', () => {
  it('says what closing the account would lose', () => {
    expect(leftWords({ points: 126, matters: 1, unsent: 0 })).toBe('您还有 126 分、1 件没办完的事。')
    expect(leftWords({ points: 0, matters: 0, unsent: 0 })).toContain('对不上您了')
  })
  it('says who may act for me, and how often somebody looked this month', () => {
    expect(entrustedWords([])).toBe('现在没有人替您办')
    expect(entrustedWords([{ holder_name: '王小燕', until: '2027-05-31T16:00:00Z' }])).toBe('王小燕，到 2027年5月31日')
    expect(looksThisMonth([{ at: '2026-11-01T00:10:00+08:00' }, { at: '2026-10-31T23:50:00+08:00' }], NOON)).toBe(1)
  })
})

it('knows the pages of this client', () => {
  expect(PAGES.has('helping') && PAGES.has('broadcasts') && !PAGES.has('nowhere')).toBe(true)
})

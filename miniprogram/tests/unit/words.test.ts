import { describe, expect, it } from 'vitest'
import { may, mayInArea, partOf } from '@/rules/access'
import { doorToken, tokenOfPage } from '@/rules/doors'
import { newId } from '@/rules/ids'
import { pageOf, urlOf } from '@/rules/pages'
import { tabsOf } from '@/rules/tabs'
import { dateWords, daysLeftInMonth, discOf, gapAfter, greeting, lunarWords, said, whenWords } from '@/rules/words'
import { inGroups, isExcused, matching, walked, type ZoneHousehold } from '@/rules/zone'

const at = (text: string) => Date.parse(`${text}+08:00`)

describe('words', () => {
  it('greets by the time in Shanghai', () => {
    expect(['04:00', '08:30', '10:00', '12:30', '17:59', '20:00'].map((time) => greeting(at(`2026-11-23T${time}`)))).toEqual(['夜深了', '早上好', '上午好', '中午好', '下午好', '晚上好'])
  })

  it('says days as people do', () => {
    const now = at('2026-11-23T10:24')
    expect(whenWords(at('2026-11-23T09:05'), now)).toBe('今天 9:05')
    expect(whenWords('2026-11-22T16:40:00+08:00', now)).toBe('昨天 16:40')
    expect(whenWords(at('2026-10-16T08:00'), now)).toBe('10月16日')
    expect(whenWords(at('2025-10-16T08:00'), now)).toBe('2025年10月16日')
    expect([gapAfter('今天 9:05'), gapAfter('10月16日')]).toEqual(['今天 9:05 ', '10月16日'])
    expect(dateWords(now)).toBe('11月23日 星期一')
    expect(lunarWords(now)).toBe('农历十月十五')
    expect(daysLeftInMonth(now)).toBe(7)
  })

  it('reads numbers aloud', () => {
    expect([0, 7, 10, 11, 20, 31, 99, 100].map(said)).toEqual(['零', '七', '十', '十一', '二十', '三十一', '九十九', '100'])
  })

  it('gives the same disc to the same name', () => {
    expect(discOf('王桂兰')).toEqual(discOf('王桂兰'))
    expect(discOf('').letter).toBe('·')
  })
})

describe('doors', () => {
  it('reads the token of a link, of a bare code and of WeChat’s scanner, and nothing else', () => {
    expect(doorToken('https://lianxin.example/d/7Hq2LrAbCd')).toBe('7Hq2LrAbCd')
    expect(doorToken('https%3A%2F%2Flianxin.example%2Fd%2F7Hq2LrAbCd')).toBe('7Hq2LrAbCd')
    expect(doorToken(' 7Hq2LrAbCd ')).toBe('7Hq2LrAbCd')
    for (const other of ['https://lianxin.example/pay/7Hq2LrAbCd', 'weixin://7Hq2LrAbCd', '王桂兰', '%E0%A4%A', '']) expect(doorToken(other)).toBeNull()
    expect(tokenOfPage({ q: 'https%3A%2F%2Fx.example%2Fd%2F7Hq2LrAbCd' })).toBe('7Hq2LrAbCd')
    expect(tokenOfPage({})).toBeNull()
  })
})

describe('ids', () => {
  it('are uuid7: they sort by time and differ', () => {
    const [early, late] = [newId(1_000), newId(2_000)]
    expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(early < late).toBe(true)
    expect(new Set(Array.from({ length: 1000 }, () => newId(5)))).toHaveLength(1000)
  })
})

describe('parts and places', () => {
  it('shows what the roles allow and nothing more', () => {
    expect(partOf([])).toBe('guest')
    expect(partOf(['feed.read', 'visits.read@own'])).toBe('villager')
    expect(partOf(['feed.read', 'visits.log@zone'])).toBe('member')
    expect(partOf(['feed.read', 'coverage.read'])).toBe('cadre')
    expect(partOf(['feed.read', 'cases.read', 'cases.move'])).toBe('cadre')
    expect(partOf(['feed.read', 'cases.open@own', 'cases.move@own', 'cases.move'])).toBe('villager')
    expect(may(['visits.log@zone'], 'visits.lo')).toBe(false)
    expect(mayInArea(['visits.read@own'], 'visits.read')).toBe(false)
  })

  it('leaves elders at most three tabs', () => {
    for (const part of ['guest', 'villager', 'member', 'cadre'] as const) expect(tabsOf(part, true).length).toBeLessThanOrEqual(3)
  })

  it('opens pages of our own only', () => {
    expect(pageOf('pages/zone/index?x=1')).toBe('/pages/zone/index?x=1')
    expect(pageOf('https://elsewhere.example/pages/zone/index')).toBeNull()
    expect(urlOf('door', { t: 'a b', x: undefined })).toBe('/pages/door/index?t=a%20b')
  })
})

describe('the zone', () => {
  const one = (id: string, isOwed: boolean) => ({ id, is_owed: isOwed, head_name: `户${id}`, number: `0${id}`, group_name: '三组' }) as ZoneHousehold
  const all = ['1', '2', '3', '4'].map((id) => one(id, id !== '4'))

  it('keeps the order of need, and counts a visit that waits in the phone as made', () => {
    const groups = inGroups(all, new Set(['1']))
    expect(groups.first.map((each) => each.id)).toEqual(['2', '3'])
    expect(groups.seen.map((each) => each.id)).toEqual(['1', '4'])
    expect(Object.values(groups).flat()).toHaveLength(all.length)
    expect(walked(4, 3, 1)).toEqual({ total: 4, seen: 2 })
  })

  it('says of an excused household that it is excused, and does not show an old visit as this month’s', () => {
    const [owed, seen] = [one('1', true), one('2', false)]
    expect(isExcused({ ...seen, last_visited_on: '2026-11-05' }, '2026-12-08')).toBe(true)
    expect(isExcused({ ...seen, last_visited_on: '2026-12-01' }, '2026-12-08')).toBe(false)
    expect(isExcused({ ...seen, last_visited_on: null }, '2026-12-08')).toBe(true)
    expect(isExcused({ ...owed, last_visited_on: null }, '2026-12-08')).toBe(false)
  })

  it('finds by name, number or group', () => {
    expect(matching(all, '户3').map((each) => each.id)).toEqual(['3'])
    expect(matching(all, ' ')).toHaveLength(4)
  })
})

import { describe, expect, it } from 'vitest'
import { commentState, liked, matterChip, monthWords, postState, tabsOf, waitingState, whyWaiting, type Post } from '@/rules/feed'

const post = (more: Partial<Post> = {}): Post => ({ id: 'p', author: '赵建国', place: '山口村', words: '', posted_at: '', state: 'shown', file_ids: [], is_mine: false, like_count: 1, comment_count: 0, is_liked: false, matters: [], ...more }) as Post

describe('the feed', () => {
  it('counts one like of one person, however often it is tapped', () => {
    const once = liked(post(), true)
    expect(once).toMatchObject({ is_liked: true, like_count: 2 })
    expect(liked(once, true)).toBe(once)
    expect(liked(once, false)).toMatchObject({ is_liked: false, like_count: 1 })
    expect(liked(post({ is_liked: true, like_count: 0 }), false).like_count).toBe(0)
  })

  it('tells only the author that others do not see it yet', () => {
    for (const state of ['checking', 'held', 'hidden'] as const) {
      expect(postState(post({ state, is_mine: true }))).not.toBe('')
      expect(postState(post({ state }))).toBe('')
      expect(commentState({ state, is_mine: true })).not.toBe('')
      expect(commentState({ state, is_mine: false })).toBe('')
    }
    expect(postState(post({ is_mine: true }))).toBe('')
  })

  it('says how a matter stands that the visit carried, in the words that the matter itself uses', () => {
    expect(matterChip({ words: '吹了哨', standing: 'working', case_id: null })).toMatchObject({ look: 'doing', words: '吹了哨 · 正在办' })
    expect(matterChip({ words: '吹了哨', standing: 'solved', case_id: 'c' })).toMatchObject({ look: 'done', words: '吹了哨 · 解决了' })
  })

  it('offers the branch to those alone who are on its roll, and first', () => {
    expect(tabsOf(true).map((tab) => tab.words)).toEqual(['我们支部', '全村', '全镇'])
    expect(tabsOf(false).map((tab) => tab.words)).toEqual(['全村', '全镇'])
  })

  it('says the month in a sentence, and nothing of a month in which nothing is owed', () => {
    expect(monthWords('branch', { visitors: 23, visited: 168, owed: 0, solved: 9 })).toBe('本月支部 23 名党员走访 168 户，一户不落，帮着办成 9 件事')
    expect(monthWords('village', { visitors: 3, visited: 5, owed: 7, solved: 0 })).toBe('本月全村走访 5 户，还差 7 户')
    expect(monthWords('branch', { visitors: 0, visited: 0, owed: 7, solved: 0 })).toBe('本月支部还没去走访，7 户等着')
    expect(monthWords('town', { visitors: 0, visited: 0, owed: 0, solved: 2 })).toBe('')
  })

  it('says why something waits for an eye, and whether others see it', () => {
    expect(whyWaiting({ reports: 0, reasons: [] })).toBe('内容检查拿不准，请您看一眼')
    expect(whyWaiting({ reports: 3, reasons: [{ code: 'rude', words: '话不好听', count: 2 }, { code: 'untrue', words: '和实际不一样', count: 1 }] })).toBe('3 户人家说：话不好听（2）、和实际不一样')
    expect(waitingState({ state: 'shown' })).toContain('还看得到')
    expect(waitingState({ state: 'held' })).toContain('看不到')
  })
})
